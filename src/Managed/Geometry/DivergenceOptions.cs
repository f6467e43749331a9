using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>How <see cref="Divergences.Compute"/> reads its inputs; the layout of <c>eqp_divergence_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct DivergenceOptions
{
    /// <summary>sizeof(DivergenceOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What is measured.</summary>
    public DivergenceKind Kind;

    /// <summary>What the inputs hold.</summary>
    public Scores Scores;

    /// <summary>How many leading columns are real; 0 = all, and both widths must agree.</summary>
    public long ValidColumns;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>Of the divergences that are logarithms; the others are pure numbers.</summary>
    public Unit Unit;

    /// <summary><see cref="DivergenceKind.Renyi"/>: finite, ≥ 0; 1 is KL.</summary>
    public double Order;

    /// <summary>[rows], or null: one order per row instead of <see cref="Order"/>.</summary>
    public double* RowOrder;

    /// <summary>Divides p's logits, or its log-probabilities before they are normalised again; finite, &gt; 0.</summary>
    public double TemperatureP;

    /// <summary>The same of q.</summary>
    public double TemperatureQ;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureP"/>.</summary>
    public double* RowTemperatureP;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureQ"/>.</summary>
    public double* RowTemperatureQ;

    /// <summary>KL of logits in nats, all columns; order 2, temperatures 1.</summary>
    public static DivergenceOptions Default =>
        new() { StructSize = (nuint)sizeof(DivergenceOptions), Order = 2, TemperatureP = 1, TemperatureQ = 1 };
}
