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
    /// <summary>Stands for a masked token: below every number that a score can be here, so that its weight is 0 at any α.</summary>
    private const double MaskedExponent = -1e200;

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
            Prepare<L, V>(row, total, theta, target, padded);
            for (int i = 0; i < alphas.Length; i++)
            {
                sums[i].Merge(Sum<L, V>(theta, target, padded, alphas[i]));
            }
        }

        *reading = total;
        return true;
    }

    /// <summary>Turns a staged block into exponents of 2 below the tops, the same for both policies where a token is masked.</summary>
    private static void Prepare<L, V>(in RowPair row, in ReadingSums tops, double* theta, double* target, int count)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V thetaTop = L.Broadcast(Finite(tops.ThetaTop)), targetTop = L.Broadcast(Finite(tops.TargetTop));
        V thetaScale = L.Broadcast(row.InverseTheta * Constants.Log2E), targetScale = L.Broadcast(row.InverseTarget * Constants.Log2E);
        V masked = L.Broadcast(MaskedExponent), lowest = L.Broadcast(-Constants.LargestLogRatio);
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(theta + i), b = L.Load(target + i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V x = L.Max(L.Multiply(L.Subtract(a, thetaTop), thetaScale), lowest), y = L.Max(L.Multiply(L.Subtract(b, targetTop), targetScale), lowest);
            L.Store(theta + i, L.Select(common, x, masked));
            L.Store(target + i, L.Select(common, y, masked));
        }
    }

    private static PathSums Sum<L, V>(double* theta, double* target, int count, double alpha)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V atTheta = L.Broadcast(alpha), atTarget = L.Broadcast(1 - alpha), largest = L.Broadcast(double.NegativeInfinity);
        for (nint i = 0; i < count; i += L.Count)
        {
            largest = L.Max(largest, L.MultiplyAdd(atTheta, L.Load(theta + i), L.Multiply(atTarget, L.Load(target + i))));
        }

        double exponent = L.Largest(largest);
        if (exponent <= MaskedExponent / 2)
        {
            return PathSums.Empty;
        }

        V reference = L.Broadcast(-exponent), lowest = L.Broadcast(Constants.LowestExponent), zero = L.Broadcast(0);
        V weights = zero, firsts = zero, seconds = zero, energies = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Load(theta + i), y = L.Load(target + i), d = L.Subtract(y, x);
            V e = L.Max(L.MultiplyAdd(atTheta, x, L.MultiplyAdd(atTarget, y, reference)), lowest);
            V w = Exponentials.Exp2<L, V>(e), wd = L.Multiply(w, d);
            weights = L.Add(weights, w);
            firsts = L.Add(firsts, wd);
            seconds = L.MultiplyAdd(wd, d, seconds);
            energies = L.MultiplyAdd(w, e, energies);
        }

        Moments moments = new() { Weight = L.Sum(weights), First = L.Sum(firsts) / Constants.Log2E, Second = L.Sum(seconds) / Constants.Log2E / Constants.Log2E };
        return new PathSums { Point = new PointSums { Exponent = exponent, Moments = moments }, Energy = L.Sum(energies) };
    }

    private static double Finite(double top) => double.IsNegativeInfinity(top) ? 0 : top;
}
