using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>A point of the geometric path.</summary>
internal readonly struct ExponentialResult : IPairResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        first = PairTokens<L, V>.PathPoint(logP, logQ, common, factors.Alpha, factors.LogZ);
        second = first;
    }
}

/// <summary>A mixture.</summary>
internal readonly struct MixtureResult : IPairResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        first = L.MultiplyAdd(p, L.Broadcast(factors.Alpha), L.Multiply(q, L.Broadcast(1 - factors.Alpha)));
        second = first;
    }
}
