using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary><see cref="PlainWriting{T, L, V, S, TScale, W}"/> two registers at a time, the even elements and the odd ones.</summary>
internal static unsafe class InterleavedWriting<T, L, V, S, TScale, W>
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
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget);

        double mend = typeof(T) == typeof(float) ? point.Mend : 1;
        V c5 = L.Broadcast(mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(mend * Exp2Polynomial.F32[4]), c3 = L.Broadcast(mend * Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(mend * Exp2Polynomial.F32[2]), c1 = L.Broadcast(mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(mend * Exp2Polynomial.F32[0]);
        V sums = L.Broadcast(0), firsts = sums;
        for (nint i = 0; i < count; i += 2 * L.Count)
        {
            Prefetch.Written<L, T, V, W>(q, i);
            V x = L.Subtract(S.LoadFirst(theta, i), thetaTop), y = L.Subtract(S.LoadFirst(target, i), targetTop);
            V even = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            sums = L.Add(sums, even);
            firsts = L.MultiplyAdd(even, d, firsts);
            x = L.Subtract(S.LoadSecond(theta, i), thetaTop);
            y = L.Subtract(S.LoadSecond(target, i), targetTop);
            V odd = L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0);
            d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            sums = L.Add(sums, odd);
            firsts = L.MultiplyAdd(odd, d, firsts);
            W.StoreInterleaved(q, i, even, odd);
        }

        sum = L.Sum(sums);
        firstMoment = L.Sum(firsts);
    }
}
