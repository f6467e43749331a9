using System;
using Equipoise.Rows;

namespace Equipoise;

/// <content>Packed rows of one element type, in spans.</content>
public static unsafe partial class Equilibrium
{
    /// <summary>The Chernoff point of packed f32 logits: α and q of every row.</summary>
    /// <param name="theta">[rows, columns] logits of the current policy π_θ.</param>
    /// <param name="target">[rows, columns] logits of the target π_t.</param>
    /// <param name="columns">Width of a row, ≥ 1.</param>
    /// <param name="alpha">[rows] out, in [0, 1]; NaN for an invalid row.</param>
    /// <param name="q">[rows, columns] out: q*; or empty when it is not wanted.</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or q overlaps an input.</exception>
    public static void Solve(ReadOnlySpan<float> theta, ReadOnlySpan<float> target, int columns, Span<double> alpha, Span<float> q) =>
        Solve(theta, target, columns, alpha, q, SolveOptions.Default);

    /// <summary>α and q of every row of packed f32 scores, with options.</summary>
    /// <param name="theta">[rows, columns] scores of the current policy π_θ.</param>
    /// <param name="target">[rows, columns] scores of the target π_t.</param>
    /// <param name="columns">Width of a row, ≥ 1.</param>
    /// <param name="alpha">[rows] out, in [0, 1]; NaN for an invalid row.</param>
    /// <param name="q">[rows, columns] out: q; or empty when it is not wanted.</param>
    /// <param name="options">Start from <see cref="SolveOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or q overlaps an input.</exception>
    /// <exception cref="NotSupportedException">The options ask for what this version does not serve.</exception>
    public static void Solve(
        ReadOnlySpan<float> theta, ReadOnlySpan<float> target, int columns, Span<double> alpha, Span<float> q, in SolveOptions options)
    {
        MatrixChecks.Require(columns >= 1, nameof(columns), $"columns is {columns}, must be at least 1");
        MatrixChecks.Require(
            theta.Length % columns == 0, nameof(theta), $"theta has {theta.Length} elements, no multiple of {columns} columns");
        int rows = theta.Length / columns;
        MatrixChecks.Require(
            target.Length == theta.Length, nameof(target), $"target has {target.Length} elements, must have {theta.Length} as theta");
        MatrixChecks.Require(alpha.Length == rows, nameof(alpha), $"alpha has {alpha.Length} elements, must have {rows}, one a row");
        MatrixChecks.Require(
            q.IsEmpty || q.Length == theta.Length, nameof(q), $"q has {q.Length} elements, must have {theta.Length} as theta, or none");
        fixed (float* thetaStart = theta, targetStart = target, qStart = q)
        fixed (double* alphaStart = alpha)
        {
            Matrix written = new(qStart, DType.F32, rows, columns);
            Solution solution = new() { Alpha = alphaStart, Q = q.IsEmpty ? null : &written };
            Solve(new Matrix(thetaStart, DType.F32, rows, columns), new Matrix(targetStart, DType.F32, rows, columns), options, solution);
        }
    }
}
