using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>
/// Per row, the sampling distribution that serves both policies: q ∝ π_θ^α π_t^(1−α), at the Chernoff point unless another is asked for.
/// </summary>
public static unsafe partial class Equilibrium
{
    /// <summary>α and q of every row, and whatever else <paramref name="solution"/> has room for.</summary>
    /// <param name="theta">[rows, ≥ valid columns] scores of the current policy π_θ, any dtype; read only.</param>
    /// <param name="target">[rows, ≥ valid columns] scores of the target π_t, any dtype and stride of its own; read only.</param>
    /// <param name="options">Start from <see cref="SolveOptions.Default"/>.</param>
    /// <param name="solution">Where to write; null pointers are not wanted, and not computed.</param>
    /// <remarks>
    /// f64 inputs are computed in f64, all others in f32 with f64 sums. A bad row (NaN, +∞, …) gets a <see cref="RowStatus"/> and changes
    /// no other row by a
    /// bit. Safe to call from any number of threads at once, the outputs being different.
    /// </remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    /// <exception cref="NotSupportedException">A criterion that this version does not serve.</exception>
    public static void Solve(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution) =>
        Solve(theta, target, options, solution, null);

    /// <summary>The same; <paramref name="records"/> is [rows], or null.</summary>
    internal static void Solve(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution, LossRecord* records)
    {
        SolveChecks.Check(theta, target, options, solution);
        if (theta.Rows == 0)
        {
            return;
        }

        SolveJob job = SolveJob.Of(theta, target, options, solution);
        job.Records = records;
        Batch.Run(&job);
    }
}
