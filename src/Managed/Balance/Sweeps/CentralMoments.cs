using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Weighted sums of the second, third and fourth power of d − centre, and of d − centre itself.</summary>
internal struct CentralSums
{
    internal double Weight;
    internal double First;
    internal double Second;
    internal double Third;
    internal double Fourth;

    internal void Add(in CentralSums other)
    {
        Weight += other.Weight;
        First += other.First;
        Second += other.Second;
        Third += other.Third;
        Fourth += other.Fourth;
    }
}

/// <summary>
/// Central moments of d at a point of the path, in f64. Where the policies nearly agree, log Z and α* follow from them without the
/// cancellation that differences of logarithms of sums suffer.
/// </summary>
internal static unsafe class CentralMoments<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, in PathPoint point, double centre, CentralSums* result)
    {
        double* scratch = stackalloc double[2 * Blocks.Columns];
        CentralSums total = default;
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int padded = WideSweeps<L, V, LF, VF>.Stage(row, start, (int)Math.Min(Blocks.Columns, end - start), scratch);
            total.Add(Sum(scratch, scratch + Blocks.Columns, padded, point, centre));
        }

        *result = total;
    }

    /// <summary>Of <paramref name="count"/> staged elements, a multiple of the lanes.</summary>
    internal static CentralSums Sum(double* theta, double* target, int count, in PathPoint point, double centre)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop), zero = L.Broadcast(0), unused = zero;
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V thetaScale = L.Broadcast(point.InverseTheta), targetScale = L.Broadcast(point.InverseTarget), middle = L.Broadcast(centre);
        V lowest = L.Broadcast(Constants.LowestExponent), weights = zero, firsts = zero, seconds = zero, thirds = zero, fourths = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(theta + i), b = L.Load(target + i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V x = L.Select(common, L.Subtract(a, thetaTop), zero), y = L.Select(common, L.Subtract(b, targetTop), zero);
            V exponent = L.Max(L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), lowest);
            V w = L.Select(common, L.Exp2(exponent, unused, unused, unused, unused, unused, unused), zero);
            V d = L.Subtract(L.Subtract(L.Multiply(y, targetScale), L.Multiply(x, thetaScale)), middle);
            V wd = L.Multiply(w, d), wdd = L.Multiply(wd, d), dd = L.Multiply(d, d);
            weights = L.Add(weights, w);
            firsts = L.Add(firsts, wd);
            seconds = L.Add(seconds, wdd);
            thirds = L.MultiplyAdd(wdd, d, thirds);
            fourths = L.MultiplyAdd(wdd, dd, fourths);
        }

        return new CentralSums
        {
            Weight = L.Sum(weights),
            First = L.Sum(firsts),
            Second = L.Sum(seconds),
            Third = L.Sum(thirds),
            Fourth = L.Sum(fourths),
        };
    }
}
