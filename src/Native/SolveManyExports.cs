using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>β and q of every row, of several policies.</summary>
internal static unsafe class SolveManyExports
{
    // Up to and with the scores, and the first output.
    private const int SmallestOptions = 12;
    private const int SmallestSolution = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_many_options_init")]
    public static Status InitOptions(SolveManyOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, SolveManyOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_many")]
    public static Status Solve(Matrix* policies, int count, SolveManyOptions* options, ManySolution* solution)
    {
        try
        {
            Require.NotNull(policies, "policies");
            SolveManyOptions wanted =
                options == null ? SolveManyOptions.Default : SizedStruct.Read(options, SolveManyOptions.Default, SmallestOptions, "options");
            ManySolution outputs = SizedStruct.Read(solution, default, SmallestSolution, "solution");
            SeveralTargets.Solve(new ReadOnlySpan<Matrix>(policies, Math.Max(0, count)), in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
