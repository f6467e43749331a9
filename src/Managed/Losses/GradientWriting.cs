using System;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Losses;

/// <summary>A row's two distributions and what their difference is multiplied by.</summary>
internal readonly struct GradientPoint(in PathPoint policy, in PathPoint point, double weight)
{
    /// <summary>π_θ: the end α = 1.</summary>
    internal readonly PathPoint Policy = policy;

    /// <summary>q.</summary>
    internal readonly PathPoint Point = point;

    internal readonly double Weight = weight;
}

/// <summary>Stores weight · (π_θ − q) of a block; masked tokens have probability 0.</summary>
internal readonly unsafe struct GradientWriting<T, L, V, S, W> : IBlockMap<GradientPoint>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
{
    public static void Write(void* theta, void* target, int count, in GradientPoint at, void* gradient)
    {
        V thetaTop = L.Broadcast(at.Point.ThetaTop), targetTop = L.Broadcast(at.Point.TargetTop), weight = L.Broadcast(at.Weight);
        V thetaFactor = L.Broadcast(at.Point.ThetaFactor), targetFactor = L.Broadcast(at.Point.TargetFactor), offset = L.Broadcast(at.Point.Offset);
        V policyFactor = L.Broadcast(at.Policy.ThetaFactor), policyOffset = L.Broadcast(at.Policy.Offset);
        V c5 = L.Broadcast(Exp2Polynomial.F32[5]), c4 = L.Broadcast(Exp2Polynomial.F32[4]), c3 = L.Broadcast(Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(Exp2Polynomial.F32[2]), c1 = L.Broadcast(Exp2Polynomial.F32[1]), c0 = L.Broadcast(Exp2Polynomial.F32[0]);
        V mend = L.Broadcast(typeof(T) == typeof(float) ? at.Point.Mend : 1);
        V zero = L.Broadcast(0), lowest = L.Broadcast(Constants.LowestExponent), largest = L.Broadcast(LargestExponent);
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i);
            V isPolicy = L.IsAboveMinusInfinity(a), isCommon = L.And(isPolicy, L.IsAboveMinusInfinity(b));
            V x = L.Select(isPolicy, L.Subtract(a, thetaTop), zero), y = L.Select(isCommon, L.Subtract(b, targetTop), zero);
            V p = L.Exp2(L.Max(L.MultiplyAdd(policyFactor, x, policyOffset), lowest), c5, c4, c3, c2, c1, c0);
            V exponent = L.Max(L.Add(L.MultiplyAdd(thetaFactor, x, L.Multiply(targetFactor, y)), offset), lowest);
            V q = L.Multiply(L.Exp2(L.Select(L.IsAtMost(exponent, largest), exponent, largest), c5, c4, c3, c2, c1, c0), mend);
            W.Store(gradient, i, L.Multiply(weight, L.Subtract(L.Select(isPolicy, p, zero), L.Select(isCommon, q, zero))));
        }
    }

    /// <summary>log2 of a probability that rounding has carried a little beyond 1: no more than that.</summary>
    private const double LargestExponent = 1e-3;
}
