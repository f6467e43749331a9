using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ |q − p|.</summary>
internal readonly struct TotalVariationTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct =>
        L.Multiply(L.Broadcast(0.5), Exponentials.Absolute<L, V>(Exponentials.Difference<L, V>(p, q, t)));
}
