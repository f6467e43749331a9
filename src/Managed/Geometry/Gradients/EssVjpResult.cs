using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// <see cref="VjpResult"/> for criteria of the ESSs, which look at log Z at s = 2 − α and s = −α, too: its derivatives are s (q_s − p) in the policy's scores
/// and (1 − s)(q_s − t) in the target's.
/// </summary>
internal readonly struct EssVjpResult : IPairResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        VjpResult.Of<L, V>(p, q, logP, logQ, t, vector, common, factors, out V atTheta, out V atTarget);
        double beyond = 2 - factors.Alpha, before = -factors.Alpha;
        Add<L, V>(p, q, logP, logQ, t, common, beyond, factors.LogZBeyond, factors.OfBeyond, factors, ref atTheta, ref atTarget);
        if (factors.OfBefore != 0)
        {
            Add<L, V>(p, q, logP, logQ, t, common, before, factors.LogZBefore, factors.OfBefore, factors, ref atTheta, ref atTarget);
        }

        first = atTheta;
        second = atTarget;
    }

    /// <summary>One s; the differences by series where the policies nearly agree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<L, V>(
        V p, V q, V logP, V logQ, V l, V common, double s, double logZ, double weight, in PairFactors factors, ref V first, ref V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V point = PairTokens<L, V>.PathPoint(logP, logQ, common, s, logZ), log = L.Broadcast(logZ), zero = L.Broadcast(0);
        V overP = L.Select(common, L.Subtract(L.Multiply(L.Broadcast(1 - s), l), log), zero);
        V overQ = L.Select(common, L.Subtract(L.Multiply(L.Broadcast(-s), l), log), zero);
        V ofTheta = L.Select(common, Exponentials<double, L, V>.Difference(p, point, overP), L.Subtract(zero, p));
        V ofTarget = L.Select(common, Exponentials<double, L, V>.Difference(q, point, overQ), L.Subtract(zero, q));
        first = L.MultiplyAdd(L.Broadcast(weight * s * factors.FirstScale), ofTheta, first);
        second = L.MultiplyAdd(L.Broadcast(weight * (1 - s) * factors.SecondScale), ofTarget, second);
    }
}
