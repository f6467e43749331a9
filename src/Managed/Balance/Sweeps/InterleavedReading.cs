using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// <see cref="PlainReading{T, L, V, S, TScale}"/> over a source whose elements come two registers at a time, the even and the odd ones. A
/// loop of its own, and
/// the arithmetic spelled out for both registers: behind a function or in a loop of two turns the compiler spills the sums, at a third of
/// the speed.
/// </summary>
internal static unsafe class InterleavedReading<T, L, V, S, TScale>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
{
    /// <summary>
    /// The nine sums of <paramref name="count"/> elements, a multiple of the source's step, relative to the tops in <paramref
    /// name="sums"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Sum(void* theta, void* target, int count, double inverseTheta, double inverseTarget, ref ReadingSums sums)
    {
        V thetaTop = L.Broadcast(sums.ThetaTop), targetTop = L.Broadcast(sums.TargetTop);
        V thetaHalf = L.Broadcast(0.5 * Constants.Log2E * inverseTheta), targetHalf = L.Broadcast(0.5 * Constants.Log2E * inverseTarget);
        V thetaScale = L.Broadcast(inverseTheta), targetScale = L.Broadcast(inverseTarget);
        V thetaLowest = L.Broadcast(-126 / (0.5 * Constants.Log2E * inverseTheta)), targetLowest = L.Broadcast(-126 / (0.5 * Constants.Log2E * inverseTarget));
        V c5 = L.Broadcast(L.ProductPolynomial[5]), c4 = L.Broadcast(L.ProductPolynomial[4]), c3 = L.Broadcast(L.ProductPolynomial[3]);
        V c2 = L.Broadcast(L.ProductPolynomial[2]), c1 = L.Broadcast(L.ProductPolynomial[1]), c0 = L.Broadcast(L.ProductPolynomial[0]);
        V w0 = L.Broadcast(0), w1 = w0, wh = w0, f0 = w0, f1 = w0, fh = w0, s0 = w0, s1 = w0, sh = w0;
        for (nint i = 0; i < count; i += 2 * L.Count)
        {
            Prefetch.Next<T, L, V, S>(theta, target, i);
            V x = L.Subtract(S.LoadFirst(theta, i), thetaTop), y = L.Subtract(S.LoadFirst(target, i), targetTop);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            V u = L.Exp2OfProduct(x, thetaHalf, thetaLowest, c5, c4, c3, c2, c1, c0);
            V v = L.Exp2OfProduct(y, TScale.IsOne ? thetaHalf : targetHalf, TScale.IsOne ? thetaLowest : targetLowest, c5, c4, c3, c2, c1, c0);
            V ud = L.Multiply(u, d), vd = L.Multiply(v, d);
            w0 = L.MultiplyAdd(v, v, w0);
            wh = L.MultiplyAdd(u, v, wh);
            w1 = L.MultiplyAdd(u, u, w1);
            f0 = L.MultiplyAdd(v, vd, f0);
            fh = L.MultiplyAdd(u, vd, fh);
            f1 = L.MultiplyAdd(u, ud, f1);
            s0 = L.MultiplyAdd(vd, vd, s0);
            sh = L.MultiplyAdd(ud, vd, sh);
            s1 = L.MultiplyAdd(ud, ud, s1);

            x = L.Subtract(S.LoadSecond(theta, i), thetaTop);
            y = L.Subtract(S.LoadSecond(target, i), targetTop);
            d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            u = L.Exp2OfProduct(x, thetaHalf, thetaLowest, c5, c4, c3, c2, c1, c0);
            v = L.Exp2OfProduct(y, TScale.IsOne ? thetaHalf : targetHalf, TScale.IsOne ? thetaLowest : targetLowest, c5, c4, c3, c2, c1, c0);
            ud = L.Multiply(u, d);
            vd = L.Multiply(v, d);
            w0 = L.MultiplyAdd(v, v, w0);
            wh = L.MultiplyAdd(u, v, wh);
            w1 = L.MultiplyAdd(u, u, w1);
            f0 = L.MultiplyAdd(v, vd, f0);
            fh = L.MultiplyAdd(u, vd, fh);
            f1 = L.MultiplyAdd(u, ud, f1);
            s0 = L.MultiplyAdd(vd, vd, s0);
            sh = L.MultiplyAdd(ud, vd, sh);
            s1 = L.MultiplyAdd(ud, ud, s1);
        }

        sums.Target = new Moments { Weight = L.Sum(w0), First = L.Sum(f0), Second = L.Sum(s0) };
        sums.Half = new Moments { Weight = L.Sum(wh), First = L.Sum(fh), Second = L.Sum(sh) };
        sums.Theta = new Moments { Weight = L.Sum(w1), First = L.Sum(f1), Second = L.Sum(s1) };
        sums.TargetMass = sums.Target.Weight;
        sums.ThetaMass = sums.Theta.Weight;
        sums.ThetaAlone = sums.TargetAlone = false;
        sums.HalfReference = 0;
    }
}
