using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(p‖q): p (exp(t) − 1 − t), the added exp(t) − 1 summing to nothing.</summary>
internal readonly struct KlTerm : INearTerm
{
    public static double Curvature => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct => Exponentials<T, L, V>.SecondDifference(p, q, t);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Near<T, L, V>(V p, V q, V t)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct => Exponentials<T, L, V>.NearSecondDifference(p, t);
}
