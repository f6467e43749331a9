using System;
using Equipoise.Geometry;

namespace Equipoise;

/// <summary>
/// Per row, the sampling distribution that serves several policies: q ∝ Π π_i^β_i exp(−λ c), β on the simplex, at which the largest
/// KL(q‖π_i) is least.
/// </summary>
public static unsafe class SeveralTargets
{
    /// <summary>The fewest policies and the most.</summary>
    internal const int Fewest = 2, Most = 16;

    /// <summary>β and q of every row, and whatever else <paramref name="solution"/> has room for.</summary>
    /// <param name="policies">2 to 16 matrices [rows, ≥ valid columns] of scores, each of any dtype and stride of its own; read only.</param>
    /// <param name="options">Start from <see cref="SolveManyOptions.Default"/>.</param>
    /// <param name="solution">Where to write; null pointers are not wanted, and not computed.</param>
    /// <remarks>
    /// β minimises the convex log Z(β) = log Σ exp(Σ β_i log π_i − λ c) over the tokens that all policies have; there KL(q‖π_i) is equal
    /// for all i with β_i &gt; 0 and no larger for the rest. Computed in f64 whatever the dtypes. A bad row gets a
    /// <see cref="RowStatus"/> and changes no other row by a bit. Safe to call from any number of threads at once, the outputs being
    /// different.
    /// </remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Solve(ReadOnlySpan<Matrix> policies, in SolveManyOptions options, in ManySolution solution)
    {
        ManyChecks.Check(policies, options, solution);
        if (policies[0].Rows == 0)
        {
            return;
        }

        fixed (Matrix* all = policies)
        {
            ManyJob job = new(all, policies.Length, options, solution);
            ManyBatch.Run(&job);
        }
    }
}
