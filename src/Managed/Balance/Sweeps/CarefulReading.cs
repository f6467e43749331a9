using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The reading sweep over a block that may hold anything: masked tokens count for neither the path nor the moments, NaN and +∞ are
/// reported, and the
/// middle node has an exponential and a reference of its own, so that policies that peak far apart leave something of it.
/// </summary>
internal static unsafe class CarefulReading<T, L, V, S>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
{
    /// <summary>
    /// Sums of <paramref name="count"/> elements, a multiple of the lanes, relative to the tops in <paramref name="sums"/>.
    /// </summary>
    /// <returns>False when an element is NaN or infinite other than −∞.</returns>
    internal static bool Sum(void* theta, void* target, int count, double inverseTheta, double inverseTarget, ref ReadingSums sums)
    {
        V thetaTop = L.Broadcast(Finite(sums.ThetaTop)), targetTop = L.Broadcast(Finite(sums.TargetTop));
        V thetaScale = L.Broadcast(inverseTheta), targetScale = L.Broadcast(inverseTarget);
        V half = L.Broadcast(0.5), log2E = L.Broadcast(Constants.Log2E), lowest = L.Broadcast(Constants.LowestExponent), zero = L.Broadcast(0);
        V limit = L.Broadcast(-Constants.LargestLogRatio), masked = L.Broadcast(double.NegativeInfinity);
        V c5 = L.Broadcast(Exp2Polynomial.F32[5]), c4 = L.Broadcast(Exp2Polynomial.F32[4]), c3 = L.Broadcast(Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(Exp2Polynomial.F32[2]), c1 = L.Broadcast(Exp2Polynomial.F32[1]), c0 = L.Broadcast(Exp2Polynomial.F32[0]);

        double reference = HalfReference(theta, target, count, inverseTheta, inverseTarget, thetaTop, targetTop);
        V middle = L.Broadcast(double.IsNegativeInfinity(reference) ? 0 : reference);
        V w0 = zero, w1 = zero, wh = zero, f0 = zero, f1 = zero, fh = zero, s0 = zero, s1 = zero, sh = zero, mass0 = zero, mass1 = zero, poison = zero;
        V one = L.Broadcast(1), alone0 = zero, alone1 = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i);
            V hasTheta = L.IsAboveMinusInfinity(a), hasTarget = L.IsAboveMinusInfinity(b), common = L.And(hasTheta, hasTarget);
            poison = L.Add(poison, L.Select(L.IsMinusInfinity(a), zero, L.Subtract(a, a)));
            poison = L.Add(poison, L.Select(L.IsMinusInfinity(b), zero, L.Subtract(b, b)));
            V x = L.Multiply(L.Subtract(a, thetaTop), thetaScale), y = L.Multiply(L.Subtract(b, targetTop), targetScale);
            V u = L.Select(hasTheta, L.Exp2(L.Max(L.Multiply(x, log2E), lowest), c5, c4, c3, c2, c1, c0), zero);
            V v = L.Select(hasTarget, L.Exp2(L.Max(L.Multiply(y, log2E), lowest), c5, c4, c3, c2, c1, c0), zero);
            V mean = L.Select(common, L.MultiplyAdd(L.Add(x, y), half, L.Subtract(zero, middle)), masked);
            V m = L.Select(common, L.Exp2(L.Max(L.Multiply(mean, log2E), lowest), c5, c4, c3, c2, c1, c0), zero);
            alone1 = L.Max(alone1, L.Select(hasTarget, zero, L.Select(hasTheta, one, zero)));
            alone0 = L.Max(alone0, L.Select(hasTheta, zero, L.Select(hasTarget, one, zero)));
            mass1 = L.Add(mass1, u);
            mass0 = L.Add(mass0, v);
            u = L.Select(common, u, zero);
            v = L.Select(common, v, zero);
            V d = L.Select(common, L.Subtract(y, x), zero);
            if (typeof(T) == typeof(double))
            {
                d = L.Max(L.Subtract(zero, L.Max(L.Subtract(zero, d), limit)), limit);
            }

            V ud = L.Multiply(u, d), vd = L.Multiply(v, d), md = L.Multiply(m, d);
            w1 = L.Add(w1, u);
            w0 = L.Add(w0, v);
            wh = L.Add(wh, m);
            f1 = L.Add(f1, ud);
            f0 = L.Add(f0, vd);
            fh = L.Add(fh, md);
            s1 = L.MultiplyAdd(ud, d, s1);
            s0 = L.MultiplyAdd(vd, d, s0);
            sh = L.MultiplyAdd(md, d, sh);
        }

        sums.Target = new Moments { Weight = L.Sum(w0), First = L.Sum(f0), Second = L.Sum(s0) };
        sums.Half = new Moments { Weight = L.Sum(wh), First = L.Sum(fh), Second = L.Sum(sh) };
        sums.Theta = new Moments { Weight = L.Sum(w1), First = L.Sum(f1), Second = L.Sum(s1) };
        sums.TargetMass = L.Sum(mass0);
        sums.ThetaMass = L.Sum(mass1);
        sums.ThetaAlone = L.Largest(alone1) > 0;
        sums.TargetAlone = L.Largest(alone0) > 0;
        sums.HalfReference = double.IsNegativeInfinity(reference) ? 0 : reference;
        return L.Sum(poison) == 0;
    }

    private static double HalfReference(
        void* theta, void* target, int count, double inverseTheta, double inverseTarget, V thetaTop, V targetTop)
    {
        V thetaScale = L.Broadcast(0.5 * inverseTheta), targetScale = L.Broadcast(0.5 * inverseTarget);
        V masked = L.Broadcast(double.NegativeInfinity), largest = masked;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i);
            V common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V mean = L.MultiplyAdd(L.Subtract(a, thetaTop), thetaScale, L.Multiply(L.Subtract(b, targetTop), targetScale));
            largest = L.Max(largest, L.Select(common, mean, masked));
        }

        return L.Largest(largest);
    }

    private static double Finite(double top) => double.IsNegativeInfinity(top) ? 0 : top;
}
