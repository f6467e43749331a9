using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// One reading of a piece of a row for any number of α: each block is brought into cache once, read as the reading sweep reads it, and then
/// summed at every α. All in f64.
/// </summary>
internal static unsafe class PathSweep
{
    /// <returns>False when the piece holds NaN or +∞.</returns>
    internal static bool Piece(in RowPair row, nint begin, nint end, ReadOnlySpan<double> alphas, ReadingSums* reading, PathSums* sums) =>
        Width.Is512 ? Piece<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>(row, begin, end, alphas, reading, sums)
        : Width.Is256 ? Piece<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>(row, begin, end, alphas, reading, sums)
        : Piece<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>(row, begin, end, alphas, reading, sums);

    /// <summary>Brings the sums of all α to higher tops.</summary>
    internal static void Raise(in RowPair row, in ReadingSums from, in ReadingSums to, ReadOnlySpan<double> alphas, PathSums* sums)
    {
        // A top of −∞ stands for "no score yet": nothing has been summed.
        if (double.IsNegativeInfinity(from.ThetaTop) || double.IsNegativeInfinity(from.TargetTop))
        {
            return;
        }

        double theta = (to.ThetaTop - from.ThetaTop) * row.InverseTheta, target = (to.TargetTop - from.TargetTop) * row.InverseTarget;
        for (int i = 0; i < alphas.Length; i++)
        {
            sums[i].Raise(alphas[i], theta, target);
        }
    }

    [SkipLocalsInit]
    private static bool Piece<L, V, LF, VF>(
        in RowPair row, nint begin, nint end, ReadOnlySpan<double> alphas, ReadingSums* reading, PathSums* sums)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        double* theta = stackalloc double[2 * Blocks.Columns], target = theta + Blocks.Columns;
        ReadingSums total = ReadingSums.Empty;
        new Span<PathSums>(sums, alphas.Length).Fill(PathSums.Empty);
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), padded = WideSweeps<L, V, LF, VF>.Stage(row, start, count, theta);
            PlainReading<double, L, V, DirectSource<double, L, V>, AnyScale>.Tops(theta, target, padded, out double thetaTop, out double targetTop);
            if (double.IsPositiveInfinity(thetaTop) || double.IsPositiveInfinity(targetTop))
            {
                return false;
            }

            ReadingSums before = total;
            total.Raise(Math.Max(thetaTop, total.ThetaTop), Math.Max(targetTop, total.TargetTop), row.InverseTheta, row.InverseTarget);
            if (total.ThetaTop != before.ThetaTop || total.TargetTop != before.TargetTop)
            {
                Raise(row, before, total, alphas, sums);
            }

            ReadingSums block = ReadingSums.RelativeTo(total);
            if (!WideSweeps<L, V, LF, VF>.ReadStaged(row, theta, count, padded, ref block))
            {
                return false;
            }

            total.Add(block);
            PathPoints<L, V>.Prepare(row, total, theta, target, padded);
            for (int i = 0; i < alphas.Length; i++)
            {
                sums[i].Merge(PathPoints<L, V>.Sum(theta, target, padded, alphas[i]));
            }
        }

        *reading = total;
        return true;
    }
}
