using System;

namespace Equipoise.Benchmarks;

/// <summary>
/// `dotnet run -c Release --project bench/Managed -- COMMAND`: nothing = the benchmarks at every register width, `ulp` = the errors of all
/// f32 numbers, `disassembly` = the sweeps as compiled here.
/// </summary>
internal static class Program
{
    internal static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case []: return WidthRuns.All();
            case ["benchmarks", string bits]: return WidthRuns.One(bits);
            case ["ulp"]: return UlpCommand.All();
            case ["ulp", string bits]: return UlpCommand.One(bits);
            case ["disassembly"]: return Disassembly.Start();
            case ["solve"]: return Disassembly.SolveOnce();
            default:
                Console.Error.WriteLine("use: no argument (benchmarks), ulp, or disassembly");
                return 2;
        }
    }
}
