using System;
using Equipoise.Geometry;

namespace Equipoise;

/// <summary>The sampling distribution that serves two Gaussian policies, for continuous actions: α, and q, a Gaussian too.</summary>
public static unsafe class Gaussians
{
    /// <summary>α and q of every row, and whatever else <paramref name="solution"/> has room for.</summary>
    /// <param name="meanTheta">[rows, n] the policy's means, any dtype; read only.</param>
    /// <param name="covTheta">[rows, n] variances, or [rows, n · n] covariances row by row; positive definite; read only.</param>
    /// <param name="meanTarget">[rows, n] the target's means.</param>
    /// <param name="covTarget">Its covariances, in the same form.</param>
    /// <param name="options">Start from <see cref="SolveGaussianOptions.Default"/>.</param>
    /// <param name="solution">Where to write; null pointers are not wanted, and not computed.</param>
    /// <remarks>
    /// In closed form but for the root: with precisions P = Σ⁻¹, P_α = α P_θ + (1−α) P_t and μ_α = P_α⁻¹(α P_θ μ_θ + (1−α) P_t μ_t).
    /// Computed in f64. A row with NaN or an infinity gets a <see cref="RowStatus"/> and changes no other row by a bit. Safe to call from any
    /// number of threads at once, the outputs being different.
    /// </remarks>
    /// <exception cref="ArgumentException">An argument is wrong, such as a covariance that is not positive definite; the message names it,
    /// and nothing has been written.</exception>
    public static void Solve(
        in Matrix meanTheta, in Matrix covTheta, in Matrix meanTarget, in Matrix covTarget, in SolveGaussianOptions options, in GaussianSolution solution)
    {
        GaussianChecks.Check(meanTheta, covTheta, meanTarget, covTarget, options);
        if (meanTheta.Rows == 0)
        {
            return;
        }

        GaussianJob job = new()
        {
            MeanTheta = meanTheta,
            CovTheta = covTheta,
            MeanTarget = meanTarget,
            CovTarget = covTarget,
            Options = options,
            Solution = solution,
            Size = (int)meanTheta.Columns,
            IsFull = covTheta.Columns != meanTheta.Columns,
        };
        GaussianBatch.RequirePositiveDefinite(&job);
        GaussianBatch.Solve(&job);
    }
}
