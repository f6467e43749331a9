using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ (p − q)²/p.</summary>
internal readonly struct ChiSquareTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V ratio = Exponentials.Minus1<L, V>(t), over = Exponentials.SaturatingExp2<L, V>(L.Subtract(L.Add(logQ, logQ), logP));
        V near = L.Multiply(p, L.Multiply(ratio, ratio)), far = L.Add(L.Subtract(over, L.Add(q, q)), p);
        return L.Multiply(L.Broadcast(0.5), L.Select(Exponentials.IsSmall<L, V>(t), near, far));
    }
}
