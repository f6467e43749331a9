using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(p‖q) + KL(q‖p): (q − p) t.</summary>
internal readonly struct JeffreysTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct => L.Multiply(Exponentials.Difference<L, V>(p, q, t), t);
}
