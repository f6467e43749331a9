using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="Sampler.Draw"/> should draw; the layout of <c>eqp_sample_options</c>. Start from <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SampleOptions
{
    /// <summary>sizeof(SampleOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>Draws per row, ≥ 0.</summary>
    public long Count;

    /// <summary>Key of the random numbers.</summary>
    public ulong Seed;

    /// <summary>Row i draws from stream <see cref="Stream"/> + i, modulo 2^64.</summary>
    public ulong Stream;

    /// <summary>[rows], or null: one stream per row instead.</summary>
    public ulong* RowStream;

    /// <summary>Draw j is number <see cref="Offset"/> + j of its stream: draws that go on where earlier ones ended.</summary>
    public ulong Offset;

    /// <summary>Keeps the k most probable tokens of q, and all that tie with the last of them; 0 = all.</summary>
    public long TopK;

    /// <summary>Then the fewest most probable tokens whose share of what is left is at least this, and ties; in (0, 1].</summary>
    public double TopP;

    /// <summary>And of these the ones at least this much as probable as the most probable; in [0, 1].</summary>
    public double MinP;

    /// <summary>Nonzero: no token twice in a row, and weights by inclusion probabilities.</summary>
    public int WithoutReplacement;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>One draw with replacement from all of q, seed, stream and offset 0.</summary>
    public static SampleOptions Default => new() { StructSize = (nuint)sizeof(SampleOptions), Count = 1, TopP = 1 };
}
