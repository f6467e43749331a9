using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>KL(p‖q): p (exp(t) − 1 − t), the added exp(t) − 1 summing to nothing.</summary>
internal readonly struct KlTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct => Exponentials.SecondDifference<L, V>(p, q, t);
}
