using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ |q − p|.</summary>
internal readonly struct TotalVariationTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct =>
        L.Multiply(L.Broadcast(0.5), Exponentials<T, L, V>.Absolute(Exponentials<T, L, V>.Difference(p, q, t)));
}
