using System;

namespace Equipoise.Vectors;

/// <summary>
/// What a pass needs of a register <typeparamref name="V"/> of lanes of type <typeparamref name="T"/> (float or double). One zero-size
/// struct per width implements it, so that a pass written once compiles to straight code for each width.
/// </summary>
/// <remarks>NaN lanes stay NaN in arithmetic. Nothing here needs aligned memory.</remarks>
internal unsafe interface ILanes<T, V>
    where T : unmanaged
    where V : struct
{
    /// <summary>Lanes in a register.</summary>
    static abstract int Count { get; }

    /// <summary>
    /// The polynomial that <see cref="Exp2OfProduct"/> wants, coefficient of r^k at index k: which reduction is faster depends on the
    /// width.
    /// </summary>
    static abstract ReadOnlySpan<double> ProductPolynomial { get; }

    static abstract V Broadcast(double value);

    static abstract V Load(T* source);

    static abstract V LoadF16(ushort* source);

    static abstract V LoadBF16(ushort* source);

    /// <summary>
    /// Every other element from the first on, of two registers' worth: a shift, where one register's worth in order would be a shuffle and
    /// a shift.
    /// </summary>
    static abstract V LoadEvenBF16(ushort* source);

    /// <summary>Every other element from the second on.</summary>
    static abstract V LoadOddBF16(ushort* source);

    /// <summary>Lanes of either type from f32 elements.</summary>
    static abstract V LoadF32(float* source);

    static abstract void Store(T* destination, V x);

    /// <summary>Rounds to nearest, ties to even; f32 lanes only.</summary>
    static abstract void StoreF16(ushort* destination, V x);

    /// <summary>Rounds to nearest, ties to even; f32 lanes only.</summary>
    static abstract void StoreBF16(ushort* destination, V x);

    /// <summary>Two registers of elements, interleaved; rounds as <see cref="StoreBF16"/>.</summary>
    static abstract void StoreInterleavedBF16(ushort* destination, V even, V odd);

    static abstract V Add(V x, V y);

    static abstract V Subtract(V x, V y);

    static abstract V Multiply(V x, V y);

    static abstract V Divide(V x, V y);

    /// <summary>x · y + z, rounded once where the processor can.</summary>
    static abstract V MultiplyAdd(V x, V y, V z);

    /// <summary>The larger of both; where one is NaN, either of them.</summary>
    static abstract V Max(V x, V y);

    /// <summary>All bits set where x &gt; −∞; not where x is −∞ or NaN.</summary>
    static abstract V IsAboveMinusInfinity(V x);

    /// <summary>All bits set where x is −∞.</summary>
    static abstract V IsMinusInfinity(V x);

    /// <summary>All bits set where x ≤ y; not where either is NaN.</summary>
    static abstract V IsAtMost(V x, V y);

    static abstract V And(V x, V y);

    /// <summary>x where the mask is set, y elsewhere.</summary>
    static abstract V Select(V mask, V x, V y);

    /// <summary>
    /// Stores the lanes whose mask is set, in order and without gaps; what follows them, up to a register's worth, is overwritten.
    /// </summary>
    /// <returns>How many there are.</returns>
    static abstract int Compress(T* destination, V x, V mask);

    /// <summary>The lanes added in f64, in a fixed order.</summary>
    static abstract double Sum(V x);

    /// <summary>The largest lane.</summary>
    static abstract double Largest(V x);

    /// <summary>
    /// c0 · 2^x for f32 lanes, where c5 … c0 are <see cref="Exp2Polynomial.F32"/> times one common factor; 2^x for f64 lanes, which keep
    /// their own
    /// coefficients and ignore these. 0 far below the smallest normal number; NaN, or anything at all, at ±∞ and NaN: callers that can meet
    /// those mask the lane.
    /// </summary>
    static abstract V Exp2(V x, V c5, V c4, V c3, V c2, V c1, V c0);

    /// <summary>
    /// 2^(x · scale) for x · scale ≤ 0. f32 lanes take <see cref="ProductPolynomial"/> as c5 … c0, and may stay at 2^−126 where x is below
    /// <paramref name="lowest"/>; f64 lanes keep their own coefficients.
    /// </summary>
    static abstract V Exp2OfProduct(V x, V scale, V lowest, V c5, V c4, V c3, V c2, V c1, V c0);

    /// <summary>Natural logarithm: −∞ at 0, NaN below.</summary>
    static abstract V Log(V x);
}
