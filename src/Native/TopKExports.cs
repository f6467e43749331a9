using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Teachers known by their top K.</summary>
internal static unsafe class TopKExports
{
    // Up to and with the tail, and alpha.
    private const int SmallestOptions = 12;
    private const int SmallestSolution = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_topk_options_init")]
    public static Status InitOptions(TopKOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, TopKOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_topk")]
    public static Status Solve(Matrix* theta, long* ids, Matrix* logProbs, TopKOptions* options, TopKSolution* solution)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(logProbs, "log_probs");
            TopKOptions wanted = options == null ? TopKOptions.Default : SizedStruct.Read(options, TopKOptions.Default, SmallestOptions, "options");
            TopKSolution outputs = SizedStruct.Read(solution, default, SmallestSolution, "solution");
            TopK.Solve(in *theta, ids, in *logProbs, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
