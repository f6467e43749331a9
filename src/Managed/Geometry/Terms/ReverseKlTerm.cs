using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(q‖p): q (exp(−t) − 1 + t).</summary>
internal readonly struct ReverseKlTerm : INearTerm
{
    public static double Curvature => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct =>
        Exponentials<T, L, V>.SecondDifference(q, p, L.Subtract(L.Broadcast(0), t));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Near<T, L, V>(V p, V q, V t)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct => Exponentials<T, L, V>.NearSecondDifference(q, L.Subtract(L.Broadcast(0), t));
}
