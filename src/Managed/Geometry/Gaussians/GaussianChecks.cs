using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>What can be wrong about a call with Gaussians before a covariance is looked at.</summary>
internal static class GaussianChecks
{
    /// <summary>A matrix of so many rows and columns takes half a gigabyte, and its decomposition hours.</summary>
    private const long LargestSize = 8192;

    internal static void Check(in Matrix meanTheta, in Matrix covTheta, in Matrix meanTarget, in Matrix covTarget, in SolveGaussianOptions options)
    {
        long rows = meanTheta.Rows, size = meanTheta.Columns;
        MatrixChecks.Check(meanTheta, rows, "mean_theta");
        MatrixChecks.Check(covTheta, rows, "cov_theta");
        MatrixChecks.Check(meanTarget, rows, "mean_target");
        MatrixChecks.Check(covTarget, rows, "cov_target");
        CheckNumbers(options);
        if (rows == 0)
        {
            return;
        }

        MatrixChecks.Require(size <= LargestSize, "mean_theta", $"mean_theta has {size} columns, more than {LargestSize}");
        MatrixChecks.Require(
            meanTarget.Columns == size, "mean_target", $"mean_target has {meanTarget.Columns} columns, must have {size} as mean_theta");
        MatrixChecks.Require(
            covTheta.Columns == size || covTheta.Columns == size * size,
            "cov_theta",
            $"cov_theta has {covTheta.Columns} columns, must have {size} (variances) or {size * size} (covariances)");
        MatrixChecks.Require(
            covTarget.Columns == covTheta.Columns, "cov_target", $"cov_target has {covTarget.Columns} columns, must have {covTheta.Columns} as cov_theta");
    }

    private static void CheckNumbers(in SolveGaussianOptions options)
    {
        MatrixChecks.Require(options.Tolerance > 0 && double.IsFinite(options.Tolerance), "tolerance", $"tolerance is {options.Tolerance}, must be above 0");
        MatrixChecks.Require(options.MaxIterations >= 1, "max_iterations", $"max_iterations is {options.MaxIterations}, must be at least 1");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
    }
}
