using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The gaps between four neighbouring nodes of <see cref="PathGrid"/> as powers of the ratio that belongs to a gap of 1/64.</summary>
internal interface IGaps<V>
    where V : struct
{
    static abstract void Powers(V ratio, out V first, out V second, out V third, out V fourth);
}

/// <summary>6, 6, 6 and 4, from ½ on.</summary>
internal readonly struct NearHalf<L, V> : IGaps<V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Powers(V ratio, out V first, out V second, out V third, out V fourth)
    {
        V square = L.Multiply(ratio, ratio);
        fourth = L.Multiply(square, square);
        first = second = third = L.Multiply(fourth, square);
    }
}

/// <summary>4, 3, 2 and 1, up to the end of the path.</summary>
internal readonly struct NearEnd<L, V> : IGaps<V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Powers(V ratio, out V first, out V second, out V third, out V fourth)
    {
        fourth = ratio;
        third = L.Multiply(ratio, ratio);
        second = L.Multiply(third, ratio);
        first = L.Multiply(third, third);
    }
}
