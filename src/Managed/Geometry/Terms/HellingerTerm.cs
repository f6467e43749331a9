using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The square of the Hellinger distance, 1 − Σ √(p q): ½ (√q − √p)².</summary>
internal readonly struct HellingerTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V half = L.Broadcast(0.5), root = Exponentials.Minus1<L, V>(L.Multiply(half, t));
        V mean = Exponentials.Exp2<L, V>(L.Multiply(half, L.Add(logP, logQ)));
        V near = L.Multiply(p, L.Multiply(root, root)), far = L.Subtract(L.Add(p, q), L.Add(mean, mean));
        return L.Multiply(half, L.Select(Exponentials.IsSmall<L, V>(t), near, far));
    }
}
