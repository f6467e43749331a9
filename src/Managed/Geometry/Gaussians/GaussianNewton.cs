using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>The root of E_q[ℓ] on the path between two Gaussians, by Newton's method in a bracket.</summary>
internal static class GaussianNewton
{
    /// <summary>ℓ varies by no more than the rounding of numbers near 1.</summary>
    private const double SmallestVariance = 1e-28;

    /// <summary>Convergence is quadratic: a step this much smaller than asked costs a point at the most.</summary>
    private const double Finer = 1e-3;

    internal static GaussianResult Solve(in GaussianPath path, in SolveGaussianOptions options)
    {
        Bracket bracket = Bracket.Unit;
        double alpha = 0.5;
        for (int iterations = 1; ; iterations++)
        {
            path.Moments(alpha, out double mean, out double variance, out double noise);
            GaussianResult result = new() { Alpha = alpha, Mean = mean, Iterations = iterations };
            if (!double.IsFinite(mean) || !double.IsFinite(variance))
            {
                result.Status = RowStatus.Invalid;
                return result;
            }

            if (iterations == 1 && variance <= SmallestVariance)
            {
                result.Status = RowStatus.Identical;
                return result;
            }

            bracket.Narrow(alpha, mean);
            double kl = Math.Abs(path.LogZ(alpha)), step = Math.Min(Math.Abs(mean / variance), bracket.Width), finest = noise / variance;
            bool isBalanced = Math.Abs(mean) <= Math.Max(noise, options.Tolerance * Math.Max(1, kl));
            if (isBalanced && step <= Math.Max(finest, Finer * options.Tolerance))
            {
                return result;
            }

            if (iterations >= options.MaxIterations)
            {
                result.Status = isBalanced && step <= options.Tolerance ? RowStatus.Ok : RowStatus.NotConverged;
                return result;
            }

            alpha = bracket.Next(alpha, mean, -variance);
        }
    }
}
