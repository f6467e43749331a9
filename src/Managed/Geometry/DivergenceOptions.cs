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

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>KL of logits, all columns.</summary>
    public static DivergenceOptions Default => new() { StructSize = (nuint)sizeof(DivergenceOptions) };
}
