using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Equipoise.Vectors;

namespace Equipoise.Benchmarks;

/// <summary>This program once more with other switches of the runtime: the compiler fixes the register width when it starts.</summary>
internal static class Children
{
    private const string Part = "part.json";

    /// <summary>Switches by which the runtime makes do with less, widest first.</summary>
    private static readonly (int Bits, string[] Off)[] Widths =
    [
        (512, []),
        (256, ["DOTNET_EnableAVX512", "DOTNET_EnableAVX512F"]), // .NET 10 knows the first name, 9 the second
        (128, ["DOTNET_EnableAVX"]),
    ];

    /// <summary>Runs a command at every width that the machine has, and puts together what they <see cref="HandBack"/>.</summary>
    internal static JsonArray AtEveryWidth(string command)
    {
        JsonArray all = [];
        foreach ((int bits, string[] off) in Widths.Where(w => w.Bits <= Width.Bits))
        {
            Start([command, $"{bits}"], off.ToDictionary(name => name, _ => "0"));
            string part = Path.Combine(Results.Folder, Part);
            foreach (JsonNode? line in JsonNode.Parse(File.ReadAllText(part))!.AsArray())
            {
                all.Add(line!.DeepClone());
            }

            File.Delete(part);
        }

        return all;
    }

    /// <summary>Fails where this process has another width than it was started for.</summary>
    internal static void RequireWidth(string bits)
    {
        if (bits != $"{Width.Bits}")
        {
            throw new PlatformNotSupportedException($"this process has registers of {Width.Bits} bits, not of {bits}");
        }
    }

    /// <summary>What a child leaves for its parent.</summary>
    internal static void HandBack(JsonArray lines) => Results.Write(Part, lines);

    /// <summary>Runs this program with other arguments and variables, to its good end.</summary>
    internal static void Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!);
        bool isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        foreach (string argument in isHost ? arguments.Prepend(typeof(Children).Assembly.Location) : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`{string.Join(' ', arguments)}` ended with exit code {process.ExitCode}");
        }
    }
}
