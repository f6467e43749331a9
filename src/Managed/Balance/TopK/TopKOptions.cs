using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What stands for the tokens that a teacher did not list.</summary>
public enum TopKTail
{
    /// <summary>All of them are one event on both sides, of mass 1 − Σ.</summary>
    Bucket = 0,

    /// <summary>Nothing: both sides are conditioned on the listed tokens.</summary>
    Renormalize = 1,
}

/// <summary>How <see cref="TopK.Solve"/> reads its inputs; the layout of <c>eqp_topk_options</c>. Start from <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TopKOptions
{
    /// <summary>sizeof(TopKOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What stands for the other tokens.</summary>
    public TopKTail Tail;

    /// <summary>Points of the path that a row may be measured at, ≥ 1.</summary>
    public int MaxIterations;

    /// <summary>As in <see cref="SolveOptions"/>.</summary>
    public double Tolerance;

    /// <summary>Divides theta's logits; finite, &gt; 0. The teacher's log-probabilities are taken as they are: a tail cannot be re-tempered.</summary>
    public double TemperatureTheta;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureTheta"/>.</summary>
    public double* RowTemperatureTheta;

    /// <summary>How many leading columns of theta are real; 0 = all.</summary>
    public long ValidColumns;

    /// <summary>In ids, from a row to the next; 0 = as many as the log-probabilities have columns.</summary>
    public long IdStride;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>The tail as a bucket, temperature 1, tolerance 1e-6, all columns, all cores.</summary>
    public static TopKOptions Default => new()
    {
        StructSize = (nuint)sizeof(TopKOptions),
        MaxIterations = SolveOptions.Default.MaxIterations,
        Tolerance = SolveOptions.Default.Tolerance,
        TemperatureTheta = 1,
    };
}
