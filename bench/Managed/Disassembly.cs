using System;
using System.Collections.Generic;
using System.IO;

namespace Equipoise.Benchmarks;

/// <summary>
/// The inner loops as the just-in-time compiler makes them, for whoever argues from instructions. The runtime prints them itself
/// (DOTNET_JitDisasm), so that nothing stands between the code measured and the code shown.
/// </summary>
internal static class Disassembly
{
    /// <summary>The methods of the plain and the interleaved sweeps.</summary>
    private const string Methods = "Sum Write Tops";

    /// <summary>Starts this program again with the runtime's switches, and names the file that it wrote.</summary>
    internal static int Start()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "sweeps.asm");
        File.Delete(file);
        Children.Start(["solve"], new Dictionary<string, string> { ["DOTNET_JitDisasm"] = Methods, ["DOTNET_JitStdOutFile"] = file });
        Console.WriteLine($"wrote {file}, {new FileInfo(file).Length} bytes");
        return 0;
    }

    /// <summary>One call of each benchmark, so that its methods are compiled.</summary>
    internal static int SolveOnce()
    {
        foreach (DType dtype in new[] { DType.F32, DType.BF16 })
        {
            SolveBenchmarks benchmarks = new() { DType = dtype };
            benchmarks.Setup();
            benchmarks.AlphaAndQ();
            benchmarks.AlphaOnly();
            benchmarks.Cleanup();
        }

        return 0;
    }
}
