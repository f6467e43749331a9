using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Equipoise.Devices;
using Equipoise.Kernels.Compiler;
using Xunit;

namespace Equipoise.Tests.Devices;

/// <summary>The committed kernel images are those of the committed sources, and the launchers lay parameters out as the images expect.</summary>
public class ManifestTests
{
    private static readonly Lazy<JsonElement> Manifest = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Kernels", "manifest.json"))).RootElement);

    [Fact]
    public void Images_were_made_from_these_sources() =>
        Assert.True(
            Manifest.Value.GetProperty("sources").GetString() == SourceHash.Of(Root()),
            "kernels/, or a source that it shares with the CPU, has changed: ./build.sh generate");

    [Fact]
    public void A_changed_source_is_noticed()
    {
        string copy = Directory.CreateTempSubdirectory("equipoise-kernels").FullName, project = "kernels/Equipoise.Kernels.csproj";
        Directory.CreateDirectory(Path.Combine(copy, "kernels"));
        File.WriteAllText(Path.Combine(copy, project), "<Project />");
        File.WriteAllText(Path.Combine(copy, "kernels", "Kernel.cs"), "a");
        string before = SourceHash.Of(copy);
        File.WriteAllText(Path.Combine(copy, "kernels", "Kernel.cs"), "b");
        Assert.NotEqual(before, SourceHash.Of(copy));
        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public void Images_are_those_of_the_manifest()
    {
        Assert.Equal(Manifest.Value.GetProperty("ptx").GetString(), Hash(KernelImages.Ptx));
        Assert.Equal(Manifest.Value.GetProperty("opencl").GetString(), Hash(KernelImages.OpenCl));
    }

    [Fact]
    public void Parameters_lie_where_the_images_read_them()
    {
        JsonElement[] parameters = [.. Manifest.Value.GetProperty("parameters").EnumerateArray()];
        Assert.Equal(KernelArguments.ViewCount + 1, parameters.Length);
        string[] fields = [.. typeof(KernelArguments).GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic).Select(f => f.Name)];
        for (int i = 0; i < parameters.Length; i++)
        {
            Assert.Equal(fields[i], parameters[i].GetProperty("name").GetString(), ignoreCase: true);
            Assert.Equal((int)Marshal.OffsetOf<KernelArguments>(fields[i]), parameters[i].GetProperty("offset").GetInt32());
        }

        Assert.Equal(Marshal.SizeOf<KernelArguments>(), Manifest.Value.GetProperty("parameter_bytes").GetInt32());
        Assert.Equal(KernelLayout.ParameterBytes, Manifest.Value.GetProperty("parameter_bytes").GetInt32());
    }

    private static string Hash(byte[] image) => Convert.ToHexStringLower(SHA256.HashData(image.AsSpan(0, image.Length - 1)));

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "build.sh")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"no build.sh above {AppContext.BaseDirectory}");
    }
}
