using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The writing sweep over a block that may hold masks: q is exactly 0 there, and the sums leave it out.</summary>
internal static unsafe class CarefulWriting<T, L, V, S, W>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
{
    internal static Moments Write(void* theta, void* target, int count, in PathPoint point, void* q)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget);
        double mend = typeof(T) == typeof(float) ? point.Mend : 1;
        V c5 = L.Broadcast(mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(mend * Exp2Polynomial.F32[4]), c3 = L.Broadcast(mend * Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(mend * Exp2Polynomial.F32[2]), c1 = L.Broadcast(mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(mend * Exp2Polynomial.F32[0]);
        V zero = L.Broadcast(0), lowest = L.Broadcast(Constants.LowestExponent), scale = L.Broadcast(point.Scale), limit = L.Broadcast(-Constants.LargestLogRatio);
        V weights = zero, firsts = zero, seconds = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V x = L.Select(common, L.Subtract(a, thetaTop), zero), y = L.Select(common, L.Subtract(b, targetTop), zero);
            V exponent = L.Max(L.Add(L.MultiplyAdd(thetaFactor, x, L.Multiply(targetFactor, y)), offset), lowest);
            V w = L.Select(common, L.Multiply(L.Exp2(exponent, c5, c4, c3, c2, c1, c0), scale), zero);
            V d = L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            if (typeof(T) == typeof(double))
            {
                d = L.Max(L.Subtract(zero, L.Max(L.Subtract(zero, d), limit)), limit);
            }

            W.Store(q, i, w);
            V wd = L.Multiply(w, d);
            weights = L.Add(weights, w);
            firsts = L.Add(firsts, wd);
            seconds = L.MultiplyAdd(wd, d, seconds);
        }

        return new Moments { Weight = L.Sum(weights), First = L.Sum(firsts), Second = L.Sum(seconds) };
    }

    /// <summary>log2 of the largest weight of the block at the point, −∞ when no token is common.</summary>
    internal static double LargestExponent(void* theta, void* target, int count, in PathPoint point)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V masked = L.Broadcast(double.NegativeInfinity), largest = masked;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V exponent = L.Add(L.MultiplyAdd(thetaFactor, L.Subtract(a, thetaTop), L.Multiply(targetFactor, L.Subtract(b, targetTop))), offset);
            largest = L.Max(largest, L.Select(common, exponent, masked));
        }

        return L.Largest(largest);
    }
}
