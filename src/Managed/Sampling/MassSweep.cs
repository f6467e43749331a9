using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Sampling;

/// <summary>The writing sweep's arithmetic with sums of q per chunk in place of q: what a draw needs to know of a row.</summary>
internal static unsafe class MassSweep<L, V, S>
    where L : struct, ILanes<float, V>
    where V : struct
    where S : struct, IBlockSource<float, L, V>
{
    /// <summary>Masses of the chunks of columns [begin, end), the first of which is <paramref name="masses"/>[0].</summary>
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, in PathPoint point, double* masses)
    {
        float* scratch = stackalloc float[S.IsStaged ? 2 * Blocks.Columns : 1];
        for (nint start = begin; start < end; start += Blocks.Columns, flags++, masses += Blocks.Columns / Chunks.Columns)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), main = count - (count % S.Step);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            if ((*flags & BlockFlags.Careful) != 0)
            {
                SumCareful(theta, target, main, point, masses);
            }
            else
            {
                SumPlain(theta, target, main, point, masses);
            }

            if (main < count)
            {
                double tail = SumTail(theta, target, main, count - main, point);
                masses[main / Chunks.Columns] = main % Chunks.Columns == 0 ? tail : masses[main / Chunks.Columns] + tail;
            }
        }
    }

    private static void SumCareful(void* theta, void* target, int count, in PathPoint point, double* masses)
    {
        for (int start = 0; start < count; start += Chunks.Columns)
        {
            void* x = (byte*)theta + (start * S.ElementSize), y = (byte*)target + (start * S.ElementSize);
            *masses++ = CarefulWriting<float, L, V, S, NoWriter<float, L, V>>.Write(x, y, Math.Min(Chunks.Columns, count - start), point, null).Weight;
        }
    }

    [SkipLocalsInit]
    private static double SumTail(void* theta, void* target, int index, int count, in PathPoint point)
    {
        float* tail = stackalloc float[2 * S.Step];
        S.CopyTail(theta, index, count, tail);
        S.CopyTail(target, index, count, tail + S.Step);
        return CarefulWriting<float, L, V, S, NoWriter<float, L, V>>.Write(tail, tail + S.Step, S.Step, point, null).Weight;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumPlain(void* theta, void* target, int count, in PathPoint point, double* masses)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V c5 = L.Broadcast(point.Mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(point.Mend * Exp2Polynomial.F32[4]);
        V c3 = L.Broadcast(point.Mend * Exp2Polynomial.F32[3]), c2 = L.Broadcast(point.Mend * Exp2Polynomial.F32[2]);
        V c1 = L.Broadcast(point.Mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(point.Mend * Exp2Polynomial.F32[0]);
        for (nint i = 0; i < count;)
        {
            nint end = nint.Min(i + Chunks.Columns, count);
            V sums = L.Broadcast(0);
            for (; i < end; i += S.Step)
            {
                V x = L.Subtract(S.LoadFirst(theta, i), thetaTop), y = L.Subtract(S.LoadFirst(target, i), targetTop);
                sums = L.Add(sums, L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0));
                if (S.IsInterleaved)
                {
                    x = L.Subtract(S.LoadSecond(theta, i), thetaTop);
                    y = L.Subtract(S.LoadSecond(target, i), targetTop);
                    sums = L.Add(sums, L.Exp2(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), c5, c4, c3, c2, c1, c0));
                }
            }

            *masses++ = L.Sum(sums);
        }
    }
}
