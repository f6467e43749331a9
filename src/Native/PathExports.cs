using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Statistics along the path.</summary>
internal static unsafe class PathExports
{
    // Up to and with the scores, and the first output.
    private const int SmallestOptions = 12;
    private const int SmallestOutputs = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_path_statistics")]
    public static Status Compute(
        Matrix* theta, Matrix* target, double* alphas, long count, long alphaStride, SolveOptions* options, PathOutputs* outputs)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            SolveOptions wanted =
                options == null ? SolveOptions.Default : SizedStruct.Read(options, SolveOptions.Default, SmallestOptions, "options");
            PathOutputs where = SizedStruct.Read(outputs, default, SmallestOutputs, "outputs");
            PathStatistics.Compute(in *theta, in *target, alphas, count, alphaStride, in wanted, in where);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
