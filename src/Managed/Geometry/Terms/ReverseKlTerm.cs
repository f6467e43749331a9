using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(q‖p): q (exp(−t) − 1 + t).</summary>
internal readonly struct ReverseKlTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct =>
        Exponentials.SecondDifference<L, V>(q, p, L.Subtract(L.Broadcast(0), t));
}
