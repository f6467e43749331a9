using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Moments over a piece at any point, also beyond the path's ends, under a reference that follows the largest weight.</summary>
internal static unsafe class PointSweep<T, L, V, S>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
{
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, in PathPoint point, PointSums* result)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        T* tail = stackalloc T[2 * S.Step];
        PointSums total = PointSums.Empty;
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), main = count - (count % S.Step);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            Add(theta, target, main, point, ref total);
            if (main < count)
            {
                S.CopyTail(theta, main, count - main, tail);
                S.CopyTail(target, main, count - main, tail + S.Step);
                Add(tail, tail + S.Step, S.Step, point, ref total);
            }
        }

        *result = total;
    }

    private static void Add(void* theta, void* target, int count, in PathPoint point, ref PointSums total)
    {
        double exponent = CarefulWriting<T, L, V, S, NoWriter<T, L, V>>.LargestExponent(theta, target, count, point);
        if (double.IsNegativeInfinity(exponent))
        {
            return;
        }

        Moments moments = CarefulWriting<T, L, V, S, NoWriter<T, L, V>>.Write(theta, target, count, point.Lowered(exponent), null);
        total.Merge(new PointSums { Exponent = exponent, Moments = moments });
    }
}
