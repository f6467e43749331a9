using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>(p − q)²/(p + q).</summary>
internal readonly struct TriangularTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V sum = L.Add(p, q), difference = Exponentials.Difference<L, V>(p, q, t), zero = L.Broadcast(0);
        return L.Select(L.IsAtMost(sum, zero), zero, L.Multiply(difference, L.Divide(difference, sum)));
    }
}
