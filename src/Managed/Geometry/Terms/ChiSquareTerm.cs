using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ (p − q)²/p.</summary>
internal readonly struct ChiSquareTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V ratio = Exponentials<T, L, V>.Minus1(t), over = Exponentials<T, L, V>.SaturatingExp2(L.Subtract(L.Add(logQ, logQ), logP));
        V near = L.Multiply(p, L.Multiply(ratio, ratio)), far = L.Add(L.Subtract(over, L.Add(q, q)), p);
        return L.Multiply(L.Broadcast(0.5), L.Select(Exponentials<T, L, V>.IsSmall(t), near, far));
    }
}
