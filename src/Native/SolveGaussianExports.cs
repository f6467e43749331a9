using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>α and q of every row of two Gaussians.</summary>
internal static unsafe class SolveGaussianExports
{
    // Up to and with the first number, and the first output.
    private const int SmallestOptions = 12;
    private const int SmallestSolution = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_gaussian_options_init")]
    public static Status InitOptions(SolveGaussianOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, SolveGaussianOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_gaussian")]
    public static Status Solve(
        Matrix* meanTheta, Matrix* covTheta, Matrix* meanTarget, Matrix* covTarget, SolveGaussianOptions* options, GaussianSolution* solution)
    {
        try
        {
            Require.NotNull(meanTheta, "mean_theta");
            Require.NotNull(covTheta, "cov_theta");
            Require.NotNull(meanTarget, "mean_target");
            Require.NotNull(covTarget, "cov_target");
            SolveGaussianOptions wanted =
                options == null ? SolveGaussianOptions.Default : SizedStruct.Read(options, SolveGaussianOptions.Default, SmallestOptions, "options");
            GaussianSolution outputs = SizedStruct.Read(solution, default, SmallestSolution, "solution");
            Gaussians.Solve(in *meanTheta, in *covTheta, in *meanTarget, in *covTarget, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
