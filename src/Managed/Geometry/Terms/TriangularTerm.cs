using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>(p − q)²/(p + q).</summary>
internal readonly struct TriangularTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V sum = L.Add(p, q), difference = Exponentials<T, L, V>.Difference(p, q, t), zero = L.Broadcast(0);
        return L.Select(L.IsAtMost(sum, zero), zero, L.Multiply(difference, L.Divide(difference, sum)));
    }
}
