using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Equipoise.Benchmarks;

/// <summary>Where results go, and what every one of them says about the machine.</summary>
internal static partial class Results
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>bench/results of the checkout that this program was built in.</summary>
    internal static string Folder { get; } = Path.Combine(Root(), "bench", "results");

    /// <summary>The processor's name as the kernel tells it.</summary>
    internal static string Processor { get; } = ReadProcessor();

    /// <summary>The name as it stands in file names, and today's date.</summary>
    internal static string Label => $"{NotPlain().Replace(Processor.ToLowerInvariant(), "-").Trim('-')}-{DateTime.UtcNow:yyyy-MM-dd}";

    internal static JsonObject Machine() => new()
    {
        ["cpu"] = Processor,
        ["cores"] = Environment.ProcessorCount,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["date"] = $"{DateTime.UtcNow:yyyy-MM-dd}",
    };

    internal static void Write(string name, JsonNode content)
    {
        Directory.CreateDirectory(Folder);
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, content.ToJsonString(Readable) + "\n");
        Console.WriteLine($"wrote {Path.GetRelativePath(Root(), path)}");
    }

    internal static double Rounded(double x, int digits) => double.Parse(x.ToString($"G{digits}"));

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder != null && !File.Exists(Path.Combine(folder.FullName, "build.sh")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} lies in no checkout of Equipoise");
    }

    private static string ReadProcessor()
    {
        const string Names = "/proc/cpuinfo", Name = "model name";
        string? line = File.Exists(Names) ? File.ReadLines(Names).FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotPlain();
}
