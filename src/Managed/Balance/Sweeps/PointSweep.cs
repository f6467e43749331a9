using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// Moments over a piece at up to three points in one reading, also beyond the path's ends, each block's relative to its largest weight: f32
/// vectors, and f64 for the blocks that matter and that one token dominates.
/// </summary>
internal static unsafe class PointSweep<L, V, S, TScale>
    where L : struct, ILanes<float, V>
    where V : struct
    where S : struct, IBlockSource<float, L, V>
    where TScale : struct, IScale
{
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, in ReadingSums tops, double* alphas, int count, PathSums* results)
    {
        float* scratch = stackalloc float[S.IsStaged ? 2 * Blocks.Columns : 1];
        float* tail = stackalloc float[2 * S.Step];
        PointSums* blocks = stackalloc PointSums[RowState.MostPoints * Blocks.InPiece];
        PathPoint* points = stackalloc PathPoint[RowState.MostPoints];
        for (int k = 0; k < count; k++)
        {
            points[k] = new PathPoint(row, tops.ThetaTop, tops.TargetTop, alphas[k], 0);
        }

        int block = 0;
        for (nint start = begin; start < end; start += Blocks.Columns, block++)
        {
            int columns = (int)Math.Min(Blocks.Columns, end - start), main = columns - (columns % S.Step);
            void* theta = S.Theta(row, start, columns, scratch), target = S.Target(row, start, columns, scratch + Blocks.Columns);
            if (main < columns)
            {
                S.CopyTail(theta, main, columns - main, tail);
                S.CopyTail(target, main, columns - main, tail + S.Step);
            }

            for (int k = 0; k < count; k++)
            {
                PointSums sums = PointSums.Empty;
                if (main > 0)
                {
                    sums = (flags[block] & BlockFlags.Careful) != 0 ? Careful(theta, target, main, points[k]) : Plain(theta, target, main, points[k]);
                }

                if (main < columns)
                {
                    sums.Merge(Careful(tail, tail + S.Step, S.Step, points[k]));
                }

                blocks[(k * Blocks.InPiece) + block] = sums;
            }
        }

        for (int k = 0; k < count; k++)
        {
            results[k] = new PathSums { Point = Total(row, begin, end, points[k], blocks + (k * Blocks.InPiece), block) };
        }
    }

    private static PointSums Plain(void* theta, void* target, int count, in PathPoint point)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor);
        V largest = L.Broadcast(double.NegativeInfinity);
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Subtract(S.Load(theta, i), thetaTop), y = L.Subtract(S.Load(target, i), targetTop);
            largest = L.Max(largest, L.MultiplyAdd(thetaFactor, x, L.Multiply(targetFactor, y)));
        }

        double exponent = L.Largest(largest);
        return new PointSums { Exponent = exponent, Moments = Sum(theta, target, count, point, exponent) };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Moments Sum(void* theta, void* target, int count, in PathPoint point, double exponent)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop), reference = L.Broadcast(exponent);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget);
        V c5 = L.Broadcast(Exp2Polynomial.F32[5]), c4 = L.Broadcast(Exp2Polynomial.F32[4]), c3 = L.Broadcast(Exp2Polynomial.F32[3]);
        V c2 = L.Broadcast(Exp2Polynomial.F32[2]), c1 = L.Broadcast(Exp2Polynomial.F32[1]), c0 = L.Broadcast(Exp2Polynomial.F32[0]);
        V weights = L.Broadcast(0), firsts = weights, seconds = weights;
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Subtract(S.Load(theta, i), thetaTop), y = L.Subtract(S.Load(target, i), targetTop);
            V e = L.Subtract(L.MultiplyAdd(thetaFactor, x, L.Multiply(targetFactor, y)), reference);
            V d = TScale.IsOne ? L.Subtract(y, x) : L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale));
            V w = L.Exp2(e, c5, c4, c3, c2, c1, c0), wd = L.Multiply(w, d);
            weights = L.Add(weights, w);
            firsts = L.Add(firsts, wd);
            seconds = L.MultiplyAdd(wd, d, seconds);
        }

        return new Moments { Weight = L.Sum(weights), First = L.Sum(firsts), Second = L.Sum(seconds) };
    }

    private static PointSums Careful(void* theta, void* target, int count, in PathPoint point)
    {
        double exponent = CarefulWriting<float, L, V, S, NoWriter<float, L, V>>.LargestExponent(theta, target, count, point);
        return double.IsNegativeInfinity(exponent)
            ? PointSums.Empty
            : new PointSums
            {
                Exponent = exponent,
                Moments = CarefulWriting<float, L, V, S, NoWriter<float, L, V>>.Write(theta, target, count, point.Lowered(exponent), null),
            };
    }

    /// <summary>The blocks' sum, once those that one token dominates and that matter have been summed again.</summary>
    private static PointSums Total(in RowPair row, nint begin, nint end, in PathPoint point, PointSums* blocks, int count)
    {
        PointSums total = Sum(blocks, count);
        bool isMended = false;
        for (int i = 0; i < count; i++)
        {
            double share = blocks[i].Moments.Weight * double.Exp2(blocks[i].Exponent - total.Exponent);
            if (!blocks[i].IsEmpty && blocks[i].Moments.Weight < 1 / Peaks.Share && share > Peaks.BlockShare * total.Moments.Weight)
            {
                nint start = begin + (i * Blocks.Columns);
                Wide.EvaluatePiece(row, start, Math.Min(start + Blocks.Columns, end), point, &blocks[i]);
                isMended = true;
            }
        }

        return isMended ? Sum(blocks, count) : total;
    }

    private static PointSums Sum(PointSums* blocks, int count)
    {
        PointSums total = PointSums.Empty;
        for (int i = 0; i < count; i++)
        {
            total.Merge(blocks[i]);
        }

        return total;
    }
}
