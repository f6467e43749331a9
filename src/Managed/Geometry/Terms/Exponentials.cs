using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>What is left of exp(t) without its first terms, by series where |t| ≤ <see cref="Small"/>.</summary>
internal static class Exponentials
{
    /// <summary>Where the series ends within rounding, and beyond which differences keep 14 digits.</summary>
    internal const double Small = 0.25;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Absolute<L, V>(V t)
        where L : struct, ILanes<double, V>
        where V : struct => L.Max(t, L.Subtract(L.Broadcast(0), t));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V IsSmall<L, V>(V t)
        where L : struct, ILanes<double, V>
        where V : struct => L.IsAtMost(Absolute<L, V>(t), L.Broadcast(Small));

    /// <summary>(exp(t) − 1 − t)/t² for small t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SecondResidue<L, V>(V t)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V sum = L.Broadcast(1.0 / 6227020800);
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 479001600));
        sum = L.MultiplyAdd(sum, t, L.Broadcast(1.0 / 39916800));
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
    internal static V Minus1<L, V>(V t)
        where L : struct, ILanes<double, V>
        where V : struct => L.MultiplyAdd(L.Multiply(t, t), SecondResidue<L, V>(t), t);

    /// <summary>2^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Exp2<L, V>(V x)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V unused = x;
        return L.Exp2(L.Max(x, L.Broadcast(Constants.LowestExponent)), unused, unused, unused, unused, unused, unused);
    }

    /// <summary>2^x, +∞ where that is too large for f64: the narrower lanes' own would start again from 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SaturatingExp2<L, V>(V x)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V zero = L.Broadcast(0);
        return Exp2<L, V>(L.Subtract(zero, L.Max(L.Subtract(zero, x), L.Broadcast(-1024))));
    }

    /// <summary>q − p, which is p (exp(t) − 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Difference<L, V>(V p, V q, V t)
        where L : struct, ILanes<double, V>
        where V : struct => L.Select(IsSmall<L, V>(t), L.Multiply(p, Minus1<L, V>(t)), L.Subtract(q, p));

    /// <summary>q − p − p t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V SecondDifference<L, V>(V p, V q, V t)
        where L : struct, ILanes<double, V>
        where V : struct => L.Select(
            IsSmall<L, V>(t),
            L.Multiply(L.Multiply(p, L.Multiply(t, t)), SecondResidue<L, V>(t)),
            L.Subtract(L.Subtract(q, p), L.Multiply(p, t)));
}
