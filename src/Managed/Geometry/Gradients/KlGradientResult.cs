using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The gradient of KL(p‖q) in both rows of scores: p (log(p/q) − KL) and q − p. KL is the factors' mean.</summary>
internal readonly struct KlGradientResult : IPairResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V surprise = L.Subtract(L.Broadcast(0), L.Add(t, L.Broadcast(factors.Mean)));
        first = L.Multiply(L.Broadcast(factors.FirstScale), L.Multiply(p, surprise));
        V difference = L.Select(common, Exponentials<double, L, V>.Difference(p, q, t), L.Subtract(q, p));
        second = L.Multiply(L.Broadcast(factors.SecondScale), difference);
    }
}
