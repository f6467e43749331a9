using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(p‖q) + KL(q‖p): (q − p) t.</summary>
internal readonly struct JeffreysTerm : INearTerm
{
    public static double Curvature => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct => L.Multiply(Exponentials<T, L, V>.Difference(p, q, t), t);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Near<T, L, V>(V p, V q, V t)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct => L.Multiply(L.Multiply(p, Exponentials<T, L, V>.Minus1(t)), t);
}
