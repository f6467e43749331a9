using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="ImportanceWeights.Compute"/> should do; the layout of <c>eqp_weight_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct WeightOptions
{
    /// <summary>sizeof(WeightOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What a weight stands for.</summary>
    public WeightLevel Level;

    /// <summary>What is done to weights.</summary>
    public WeightMode Mode;

    /// <summary>Clipped and masked: the lower end of the band; ≥ 0.</summary>
    public double ClipLow;

    /// <summary>Truncated, clipped and masked: the upper end; above 0 and at least the lower.</summary>
    public double ClipHigh;

    /// <summary>[rows, columns], or null: 0 leaves the token out.</summary>
    public byte* Mask;

    /// <summary>Bytes from a row of the mask to the next; 0 = columns.</summary>
    public long MaskStride;

    /// <summary>Sequences in a group, at the levels of sequences; 0 = all.</summary>
    public long GroupSize;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Weights of tokens as they are.</summary>
    public static WeightOptions Default => new() { StructSize = (nuint)sizeof(WeightOptions), ClipHigh = double.PositiveInfinity };
}
