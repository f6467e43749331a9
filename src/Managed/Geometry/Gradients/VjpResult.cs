using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// The vector–Jacobian product of α, log q and −log Z in both rows of scores. With N_θ = α q (ℓ − E[ℓ]) + p − q and N_t = (1−α) q (ℓ − E[ℓ]) + q − t the
/// derivatives of E[ℓ] at a fixed α: ∂α ∝ N, to which a criterion that also looks at log Z adds α (q − p) and (1−α)(q − t).
/// </summary>
internal readonly struct VjpResult : IPairResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V alpha = L.Broadcast(factors.Alpha), rest = L.Broadcast(1 - factors.Alpha), logZ = L.Broadcast(factors.LogZ), mean = L.Broadcast(factors.Mean);
        V point = PairTokens<L, V>.PathPoint(logP, logQ, common, factors.Alpha, factors.LogZ), l = t, zero = L.Broadcast(0), centred = L.Subtract(l, mean);

        // log(p/q) and log(t/q): where they are small, so are N's terms, which cancel to the second order but for rounding.
        V s = L.Select(common, L.Subtract(logZ, L.Multiply(rest, l)), zero), r = L.Select(common, L.MultiplyAdd(alpha, l, logZ), zero);
        V isNear = L.And(common, L.And(Exponentials<double, L, V>.IsSmall(s), Exponentials<double, L, V>.IsSmall(r)));
        V ofTheta = L.Select(isNear, L.Multiply(point, Exponentials<double, L, V>.Minus1(s)), L.Subtract(p, point));
        V ofTarget = L.Select(isNear, L.Multiply(point, Exponentials<double, L, V>.Minus1(r)), L.Subtract(q, point));
        V skew = L.MultiplyAdd(L.Broadcast((2 * factors.Alpha) - 1), l, logZ);
        V nearTheta = L.MultiplyAdd(L.Multiply(s, s), Exponentials<double, L, V>.SecondResidue(s), L.Subtract(skew, L.Multiply(alpha, mean)));
        V nearTarget = L.MultiplyAdd(L.Multiply(r, r), Exponentials<double, L, V>.SecondResidue(r), L.MultiplyAdd(rest, mean, skew));
        V meanTheta = L.Select(isNear, L.Multiply(point, nearTheta), L.MultiplyAdd(L.Multiply(alpha, point), centred, ofTheta));
        V meanTarget = L.Select(isNear, L.Subtract(zero, L.Multiply(point, nearTarget)), L.Subtract(L.Multiply(L.Multiply(rest, point), centred), ofTarget));

        V direct = L.Subtract(vector, L.Multiply(point, L.Broadcast(factors.Total)));
        V ofMean = L.Broadcast(factors.OfMean), ofLogZ = L.Broadcast(factors.OfLogZ);
        first = L.MultiplyAdd(alpha, L.Subtract(direct, L.Multiply(ofLogZ, ofTheta)), L.MultiplyAdd(ofMean, meanTheta, L.Multiply(L.Broadcast(factors.Held), ofTheta)));
        second = L.MultiplyAdd(rest, L.Subtract(direct, L.Multiply(ofLogZ, ofTarget)), L.Multiply(ofMean, meanTarget));
        first = L.Multiply(first, L.Broadcast(factors.FirstScale));
        second = L.Multiply(second, L.Broadcast(factors.SecondScale));
    }
}
