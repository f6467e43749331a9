using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>(p^α q^(1−α) − p − s (q − p))/(s (s − 1)) with α the order, s = 1 − α: Σ p^α q^(1−α) − 1 is α(α − 1) times its sum. For orders of at least ½.</summary>
internal readonly struct RenyiTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V p, V q, V logP, V logQ, V t, double order)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V s = L.Broadcast(1 - order), st = L.Multiply(s, t), zero = L.Broadcast(0);
        V power = Exponentials.Exp2<L, V>(L.MultiplyAdd(L.Subtract(logQ, logP), s, logP));
        V near = L.Multiply(L.Multiply(p, L.Multiply(st, t)), Exponentials.SecondResidue<L, V>(st));
        V far = order == 1 ? zero : L.Divide(L.Subtract(L.Subtract(power, p), L.Multiply(p, st)), s);
        V scaled = L.Select(Exponentials.IsSmall<L, V>(st), near, far);
        return L.Multiply(L.Subtract(Exponentials.SecondDifference<L, V>(p, q, t), scaled), L.Broadcast(1 / order));
    }
}
