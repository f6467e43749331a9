using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>What is left of exp(t) without its first terms, by series where |t| ≤ <see cref="Small"/>.</summary>
/// <remarks>The lanes' type is asked for in place: behind a property the compiler would carry the other type's code along, at a quarter more time.</remarks>
internal static class Exponentials<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    /// <summary>Where the series ends within rounding, and beyond which differences keep all but a digit or two.</summary>
    private const double Small = 0.25;

    private const double SmallF32 = 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Absolute(V t) => L.Max(t, L.Subtract(L.Broadcast(0), t));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V IsSmall(V t) => L.IsAtMost(Absolute(t), typeof(T) == typeof(float) ? L.Broadcast(SmallF32) : L.Broadcast(Small));

    /// <summary>All of them, as the largest |t| is.</summary>
    internal static bool AreSmall(double largest) => largest <= (typeof(T) == typeof(float) ? SmallF32 : Small);

    /// <summary>(exp(t) − 1 − t)/t² for small t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SecondResidue(V t)
    {
        V sum = L.Broadcast(1.0 / 39916800);
        if (typeof(T) != typeof(float))
        {
            sum = L.MultiplyAdd(L.Broadcast(1.0 / 6227020800), t, L.Broadcast(1.0 / 479001600));
            sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 39916800));
        }

        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 3628800));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 362880));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 40320));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 5040));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 720));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 120));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 24));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 6));
        return L.MultiplyAdd(sum, t, L.Broadcast(0.5));
    }

    /// <summary>exp(t) − 1 for small t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Minus1(V t) => L.MultiplyAdd(L.Multiply(t, t), SecondResidue(t), t);

    /// <summary>2^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Exp2(V x)
    {
        V exponent = L.Max(x, L.Broadcast(Constants.LowestExponent));
        if (typeof(T) != typeof(float))
        {
            return L.Exp2(exponent, exponent, exponent, exponent, exponent, exponent, exponent);
        }

        ReadOnlySpan<double> c = Exp2Polynomial.F32;
        return L.Exp2(
            exponent, L.Broadcast(c[5]), L.Broadcast(c[4]), L.Broadcast(c[3]), L.Broadcast(c[2]), L.Broadcast(c[1]), L.Broadcast(c[0]));
    }

    /// <summary>exp(−t) for t ≥ 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V ExpOfMinus(V t) => Exp2(L.Multiply(L.Broadcast(-Constants.Log2E), t));

    /// <summary>2^x, +∞ where that is too large for f64: the narrower lanes' own would start again from 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SaturatingExp2(V x)
    {
        V zero = L.Broadcast(0);
        return Exp2(L.Subtract(zero, L.Max(L.Subtract(zero, x), L.Broadcast(-1024))));
    }

    /// <summary>q − p, which is p (exp(t) − 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Difference(V p, V q, V t) => L.Select(IsSmall(t), L.Multiply(p, Minus1(t)), L.Subtract(q, p));

    /// <summary>p (exp(t) − 1 − t) for small t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V NearSecondDifference(V p, V t) => L.Multiply(L.Multiply(p, L.Multiply(t, t)), SecondResidue(t));

    /// <summary>q − p − p t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SecondDifference(V p, V q, V t) => L.Select(
            IsSmall(t),
            NearSecondDifference(p, t),
            typeof(T) == typeof(float) ? FarSecondDifference(p, q, t) : L.Subtract(L.Subtract(q, p), L.Multiply(p, t)));

    /// <summary>q − p − p t as a multiple of the larger of p and q alone: their f32 errors differ, and subtracting would make much of that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FarSecondDifference(V p, V q, V t)
    {
        V ratio = ExpOfMinus(Absolute(t)), more = L.Add(L.Broadcast(1), t), zero = L.Broadcast(0);
        V rising = L.Multiply(q, L.Subtract(L.Broadcast(1), L.Multiply(ratio, more))), falling = L.Multiply(p, L.Subtract(ratio, more));
        return L.Select(L.IsAtMost(zero, t), rising, falling);
    }
}
