using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>(p^α q^(1−α) − p − s (q − p))/(s (s − 1)) with α the order, s = 1 − α: Σ p^α q^(1−α) − 1 is α(α − 1) times its sum. For orders of at least ½.</summary>
internal readonly struct RenyiTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V s = L.Broadcast(1 - order), st = L.Multiply(s, t), zero = L.Broadcast(0);
        V power = Exponentials<T, L, V>.Exp2(L.MultiplyAdd(L.Subtract(logQ, logP), s, logP));
        V near = L.Multiply(L.Multiply(p, L.Multiply(st, t)), Exponentials<T, L, V>.SecondResidue(st));
        V far = order == 1 ? zero : L.Divide(L.Subtract(L.Subtract(power, p), L.Multiply(p, st)), s);
        V scaled = L.Select(Exponentials<T, L, V>.IsSmall(st), near, far);
        return L.Multiply(L.Subtract(Exponentials<T, L, V>.SecondDifference(p, q, t), scaled), L.Broadcast(1 / order));
    }
}
