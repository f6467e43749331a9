using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ (p − q)² p/q².</summary>
internal readonly struct SeedTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V zero = L.Broadcast(0), ratio = Exponentials<T, L, V>.Minus1(L.Subtract(zero, t)), step = L.Subtract(logP, logQ);
        V once = Exponentials<T, L, V>.SaturatingExp2(L.Add(logP, step)), twice = Exponentials<T, L, V>.SaturatingExp2(L.Add(logP, L.Add(step, step)));
        V near = L.Multiply(p, L.Multiply(ratio, ratio)), far = L.Add(L.Subtract(twice, L.Add(once, once)), p);
        return L.Multiply(L.Broadcast(0.5), L.Select(Exponentials<T, L, V>.IsSmall(t), near, far));
    }
}
