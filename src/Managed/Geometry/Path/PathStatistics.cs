using System;
using Equipoise.Balance;
using Equipoise.Geometry;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>What the path q_α ∝ π_θ^α π_t^(1−α) is like, anywhere on it.</summary>
public static unsafe class PathStatistics
{
    /// <summary>Values of α in a call, at most.</summary>
    public const long MostAlphas = 1 << 16;

    /// <summary>Statistics of every row at n values of α, in f64 and in one reading of the data whatever n.</summary>
    /// <param name="theta">[rows, ≥ valid columns] scores of the current policy π_θ, any dtype; read only.</param>
    /// <param name="target">[rows, ≥ valid columns] scores of the target π_t, any dtype and stride of its own; read only.</param>
    /// <param name="alphas">[n], or [rows, n] with a stride: each in [0, 1].</param>
    /// <param name="count">n, at most <see cref="MostAlphas"/>.</param>
    /// <param name="alphaStride">From a row's first α to the next row's; 0 = the same for all rows.</param>
    /// <param name="options">Start from <see cref="SolveOptions.Default"/>; what concerns the search for a point is not looked at.</param>
    /// <param name="outputs">Where to write; null pointers are not wanted, and not computed.</param>
    /// <remarks>q and log q are one more sweep for each row of theirs. Safe to call from any number of threads at once.</remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Compute(
        in Matrix theta, in Matrix target, double* alphas, long count, long alphaStride, in SolveOptions options, in PathOutputs outputs)
    {
        MatrixChecks.Check(theta, theta.Rows, "theta");
        MatrixChecks.Check(target, theta.Rows, "target");
        SolveChecks.CheckWidths(theta, target, options.ValidColumns, "theta", "target");
        SolveChecks.CheckReading(options, theta.Rows);
        MatrixChecks.Require(options.ProbabilityEpsilon == 0, "probability_epsilon", "probability_epsilon is for solving by bisection only");
        CheckAlphas(theta.Rows, alphas, count, alphaStride, options.RowMask);
        CheckRows(outputs.Q, theta.Rows, count, "q");
        CheckRows(outputs.LogQ, theta.Rows, count, "log_q");
        SolveChecks.CheckOutputs(theta, target, theta.Rows * count, outputs.Q, outputs.LogQ);
        if (theta.Rows == 0 || count == 0)
        {
            return;
        }

        PathJob job = new() { Theta = theta, Target = target, Options = options, Outputs = outputs, Alphas = alphas, Count = (int)count, AlphaStride = alphaStride };
        PathBatch.Run(&job);
    }

    private static void CheckAlphas(long rows, double* alphas, long count, long stride, byte* mask)
    {
        MatrixChecks.Require(count is >= 0 and <= MostAlphas, "count", $"count is {count}, must be 0 to {MostAlphas}");
        MatrixChecks.Require(alphas != null || count == 0 || rows == 0, "alphas", "alphas is null");
        MatrixChecks.Require(stride == 0 || stride >= count, "alpha_stride", $"alpha_stride is {stride}, must be 0 or at least count, {count}");
        for (long row = 0; row < (stride == 0 ? Math.Min(1, rows) : rows); row++)
        {
            for (long i = 0; i < count; i++)
            {
                double alpha = alphas[(row * stride) + i];
                bool isRead = stride == 0 || mask == null || mask[row] != 0;
                if (isRead && !(alpha is >= 0 and <= 1))
                {
                    string of = stride == 0 ? "" : $" of row {row}";
                    throw new ArgumentException($"alphas[{i}]{of} is {alpha}, must be in [0, 1]", nameof(alphas));
                }
            }
        }
    }

    private static void CheckRows(Matrix* output, long rows, long count, string name)
    {
        if (output != null)
        {
            MatrixChecks.Require(
                output->Rows == rows * count, name, $"{name} has {output->Rows} rows, must have {rows * count}: {count} for each row of theta");
        }
    }
}
