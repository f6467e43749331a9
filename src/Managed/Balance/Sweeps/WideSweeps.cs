using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The f64 sweeps at one width, over blocks staged from any dtype.</summary>
internal static unsafe class WideSweeps<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    [SkipLocalsInit]
    internal static bool Read(in RowPair row, nint begin, int count, ref ReadingSums sums)
    {
        double* scratch = stackalloc double[2 * Blocks.Columns];
        int padded = Stage(row, begin, count, scratch);
        return ReadStaged(row, scratch, count, padded, ref sums);
    }

    /// <summary>The sums of a staged block: plain ones, careful ones where it is not full or those are not finite.</summary>
    internal static bool ReadStaged(in RowPair row, double* scratch, int count, int padded, ref ReadingSums sums)
    {
        if (padded == count)
        {
            PlainReading<double, L, V, DirectSource<double, L, V>, AnyScale>.Sum(
                scratch, scratch + Blocks.Columns, count, row.InverseTheta, row.InverseTarget, ref sums);
            if (sums.IsFinite)
            {
                return true;
            }
        }

        return CarefulReading<double, L, V, DirectSource<double, L, V>>.Sum(
            scratch, scratch + Blocks.Columns, padded, row.InverseTheta, row.InverseTarget, ref sums);
    }

    [SkipLocalsInit]
    internal static Moments Evaluate(in RowPair row, nint begin, int count, in PathPoint point)
    {
        double* scratch = stackalloc double[2 * Blocks.Columns];
        int padded = Stage(row, begin, count, scratch);
        return CarefulWriting<double, L, V, DirectSource<double, L, V>, NoWriter<double, L, V>>.Write(
            scratch, scratch + Blocks.Columns, padded, point, null);
    }

    [SkipLocalsInit]
    internal static void EvaluatePiece(in RowPair row, nint begin, nint end, in PathPoint point, PointSums* result)
    {
        double* scratch = stackalloc double[2 * Blocks.Columns];
        PointSums total = PointSums.Empty;
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int padded = Stage(row, start, (int)Math.Min(Blocks.Columns, end - start), scratch);
            double* target = scratch + Blocks.Columns;
            double exponent = CarefulWriting<double, L, V, DirectSource<double, L, V>, NoWriter<double, L, V>>.LargestExponent(
                scratch, target, padded, point);
            if (double.IsNegativeInfinity(exponent))
            {
                continue;
            }

            Moments moments = CarefulWriting<double, L, V, DirectSource<double, L, V>, NoWriter<double, L, V>>.Write(
                scratch, target, padded, point.Lowered(exponent), null);
            total.Merge(new PointSums { Exponent = exponent, Moments = moments });
        }

        *result = total;
    }

    [SkipLocalsInit]
    internal static void EvaluateMany(in RowPair row, nint begin, nint end, in ReadingSums tops, double* alphas, int points, PathSums* sums)
    {
        double* theta = stackalloc double[2 * Blocks.Columns], target = theta + Blocks.Columns;
        new Span<PathSums>(sums, points).Fill(PathSums.Empty);
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int padded = Stage(row, start, (int)Math.Min(Blocks.Columns, end - start), theta);
            PathPoints<L, V>.Prepare(row, tops, theta, target, padded);
            for (int i = 0; i < points; i++)
            {
                sums[i].Merge(PathPoints<L, V>.Sum(theta, target, padded, alphas[i]));
            }
        }
    }

    /// <summary>Fills up to whole registers with −∞.</summary>
    internal static int Stage(in RowPair row, nint begin, int count, double* scratch) =>
        Staging<double, L, V, LF, VF>.FetchBoth(row, begin, count, scratch);
}
