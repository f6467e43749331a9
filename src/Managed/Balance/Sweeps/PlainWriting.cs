using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The writing sweep over one block without masks: stores q = exp(α log π_θ + (1−α) log π_t − log Z) with the predicted log Z, already
/// normalised and in the output's dtype, and sums q and q·d on the way.
/// </summary>
internal static unsafe class PlainWriting<T, L, V, S, TScale, W>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
    where W : struct, IBlockWriter<T, L, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Write(void* theta, void* target, int count, in PathPoint point, void* q, out double sum, out double first)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget);

        // The rounding of the offset is common to the whole row and would be an error in log Z: it goes into the polynomial.
        double mend = typeof(T) == typeof(float) ? Math.Exp((point.Offset - (float)point.Offset) / Constants.Log2E) : 1;
        V c5 = L.Broadcast(mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(mend * Exp2Polynomial.F32[4]), c3 = L.Broadcast(mend * Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(mend * Exp2Polynomial.F32[2]), c1 = L.Broadcast(mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(mend * Exp2Polynomial.F32[0]);
        V sums0 = L.Broadcast(0), firsts0 = sums0, sums1 = sums0, firsts1 = sums0;
        nint i = 0;
        for (; i <= count - (2 * L.Count); i += 2 * L.Count)
        {
            V x = L.Subtract(S.Load(theta, i), thetaTop), y = L.Subtract(S.Load(target, i), targetTop);
            V w = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            W.Store(q, i, w);
            sums0 = L.Add(sums0, w);
            firsts0 = L.MultiplyAdd(w, d, firsts0);
            x = L.Subtract(S.Load(theta, i + L.Count), thetaTop);
            y = L.Subtract(S.Load(target, i + L.Count), targetTop);
            w = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            W.Store(q, i + L.Count, w);
            sums1 = L.Add(sums1, w);
            firsts1 = L.MultiplyAdd(w, d, firsts1);
        }

        for (; i < count; i += L.Count)
        {
            V x = L.Subtract(S.Load(theta, i), thetaTop), y = L.Subtract(S.Load(target, i), targetTop);
            V w = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            W.Store(q, i, w);
            sums0 = L.Add(sums0, w);
            firsts0 = L.MultiplyAdd(w, d, firsts0);
        }

        sum = L.Sum(L.Add(sums0, sums1));
        first = L.Sum(L.Add(firsts0, firsts1));
    }
}
