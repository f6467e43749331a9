using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// A distribution and a vector over its tokens: a logit step, a gradient or a direction. A token that is masked in the distribution is none of
/// the vector's either.
/// </summary>
internal unsafe struct TangentRow
{
    /// <summary>Bytes of a piece's sums.</summary>
    internal const int SlotSize = 64;

    /// <summary>The distribution as theta, the vector as target.</summary>
    internal RowPair Row;

    /// <summary>Largest score, and log Σ exp(score − top).</summary>
    internal double Top;
    internal double LogMass;

    /// <summary>Subtracted from the vector: its mean under p, as good as one sweep gives it.</summary>
    internal double Centre;

    /// <summary>What the pass at hand multiplies, adds or exponentiates with.</summary>
    internal double Parameter;
    internal double Second;

    /// <summary>A row of results, or null.</summary>
    internal void* Destination;
    internal DType DestinationType;

    internal byte* Slots;
    internal int PieceCount;
    internal int Threads;

    /// <summary>Both blocks in f64, filled up with masked tokens: log-scores from <paramref name="scratch"/> on, the vector behind.</summary>
    internal static int Stage<L, V, LF, VF>(in TangentRow tangent, nint begin, int count, double* scratch)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        RowPair row = tangent.Row;
        Staging<double, L, V, LF, VF>.Fetch(row.Theta, row.ThetaType, row, begin, count, scratch);
        row.Scores = Scores.Logits;
        Staging<double, L, V, LF, VF>.Fetch(row.Target, row.TargetType, row, begin, count, scratch + Blocks.Columns);
        int padded = count;
        for (; padded % L.Count != 0; padded++)
        {
            scratch[padded] = double.NegativeInfinity;
            scratch[Blocks.Columns + padded] = 0;
        }

        return padded;
    }

    /// <summary>p, log2 p and the vector of a register; 0 and 0 for masked tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load<L, V>(double* scores, double* vector, nint index, V top, V logMass, V log2E, out V logP, out V v, out V isReal)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V a = L.Load(scores + index), zero = L.Broadcast(0);
        isReal = L.IsAboveMinusInfinity(a);
        v = L.Select(isReal, L.Load(vector + index), zero);
        logP = L.Multiply(L.Subtract(L.Select(isReal, L.Subtract(a, top), zero), logMass), log2E);
        return L.Select(isReal, Exponentials<double, L, V>.Exp2(logP), zero);
    }
}
