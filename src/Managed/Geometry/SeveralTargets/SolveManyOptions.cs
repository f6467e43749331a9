using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="SeveralTargets.Solve"/> should do; the layout of <c>eqp_solve_many_options</c>. Start from
/// <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SolveManyOptions
{
    /// <summary>sizeof(SolveManyOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What the policies hold.</summary>
    public Scores Scores;

    /// <summary>Points of the simplex that a row may be measured at, ≥ 1.</summary>
    public int MaxIterations;

    /// <summary>Bounds the error of β, and the residual relative to max(1, KL); &gt; 0.</summary>
    public double Tolerance;

    /// <summary>[rows, ≥ valid columns], or one row for all of them, or null: what each token costs. Any dtype, all finite.</summary>
    public Matrix* Cost;

    /// <summary>λ ≥ 0, finite, nats per unit of cost.</summary>
    public double CostWeight;

    /// <summary>[rows], or null: one λ per row instead of <see cref="CostWeight"/>.</summary>
    public double* RowCostWeight;

    /// <summary>How many leading columns are real; 0 = all, and all widths must agree. The rest is never read.</summary>
    public long ValidColumns;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Logits without a cost, tolerance 1e-6, at most 100 points, all columns, all cores.</summary>
    public static SolveManyOptions Default => new()
    {
        StructSize = (nuint)sizeof(SolveManyOptions),
        MaxIterations = 100,
        Tolerance = 1e-6,
    };
}
