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
    internal static void Write(void* theta, void* target, int count, in PathPoint point, void* q, out double sum, out double firstMoment)
    {
        if (S.IsInterleaved && W.TakesInterleaved)
        {
            InterleavedWriting<T, L, V, S, TScale, W>.Write(theta, target, count, point, q, out sum, out firstMoment);
            return;
        }

        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget);

        double mend = typeof(T) == typeof(float) ? point.Mend : 1;
        V c5 = L.Broadcast(mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(mend * Exp2Polynomial.F32[4]), c3 = L.Broadcast(mend * Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(mend * Exp2Polynomial.F32[2]), c1 = L.Broadcast(mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(mend * Exp2Polynomial.F32[0]);
        V sums = L.Broadcast(0), firsts = sums;
        for (nint i = 0; i < count; i += L.Count)
        {
            Prefetch.Written<L, T, V, W>(q, i);
            V x = L.Subtract(S.Load(theta, i), thetaTop), y = L.Subtract(S.Load(target, i), targetTop);
            V w = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            W.Store(q, i, w);
            sums = L.Add(sums, w);
            firsts = L.MultiplyAdd(w, d, firsts);
        }

        sum = L.Sum(sums);
        firstMoment = L.Sum(firsts);
    }
}
