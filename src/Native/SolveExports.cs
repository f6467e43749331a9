using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>α and q of every row.</summary>
internal static unsafe class SolveExports
{
    // Shorter ones never existed: they end before the first member that says anything.
    private const int SmallestOptions = 12;
    private const int SmallestSolution = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_options_init")]
    public static Status InitOptions(SolveOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, SolveOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve")]
    public static Status Solve(Matrix* theta, Matrix* target, SolveOptions* options, Solution* solution)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            SolveOptions wanted = Read(options);
            Solution outputs = Read(solution);
            Equilibrium.Solve(in *theta, in *target, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    /// <summary>The caller's options, or the defaults.</summary>
    internal static SolveOptions Read(SolveOptions* options) =>
        options == null ? SolveOptions.Default : SizedStruct.Read(options, SolveOptions.Default, SmallestOptions, "options");

    /// <summary>Which outputs the caller wants, and where.</summary>
    internal static Solution Read(Solution* solution) => SizedStruct.Read(solution, default, SmallestSolution, "solution");
}
