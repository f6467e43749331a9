using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>How the functions of <see cref="Fisher"/> read their inputs; the layout of <c>eqp_fisher_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FisherOptions
{
    /// <summary>sizeof(FisherOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What the distributions' rows hold.</summary>
    public Scores Scores;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>How many leading columns are real; 0 = all, and both widths must agree.</summary>
    public long ValidColumns;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary><see cref="Fisher.Quadratic"/>.</summary>
    public FisherWeight Weight;

    /// <summary><see cref="Fisher.StepKl"/>.</summary>
    public StepKl StepKl;

    /// <summary><see cref="Fisher.NaturalGradient"/>: λ ≥ 0; 0 only for gradients that sum to 0.</summary>
    public double Damping;

    /// <summary>[rows], or null: one damping per row instead of <see cref="Damping"/>.</summary>
    public double* RowDamping;

    /// <summary><see cref="Fisher.TrustRegion"/>: the KL allowed, nats, ≥ 0.</summary>
    public double Delta;

    /// <summary>[rows], or null: one per row instead of <see cref="Delta"/>.</summary>
    public double* RowDelta;

    /// <summary>Logits, all columns, weight 1/p, second order, damping 1e-3, delta 0.01.</summary>
    public static FisherOptions Default => new() { StructSize = (nuint)sizeof(FisherOptions), Damping = 1e-3, Delta = 0.01 };
}
