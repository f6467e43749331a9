using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The sweeps over a part of a row's columns, in f64 whatever the dtype: the sums at the nodes of <see cref="PathGrid"/>, and those at one point.
/// </summary>
internal static unsafe class PartialReading<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    /// <summary>Below this, weights relative to the tops may have lost digits to underflow; the node gets a reference of its own.</summary>
    private const double SmallestWeight = 1e-200;

    /// <summary>Adds a tile to its row's record.</summary>
    [SkipLocalsInit]
    internal static void Add(in RowPair row, PartialRow* record)
    {
        double* scratch = stackalloc double[2 * Blocks.Columns];
        for (nint start = 0; start < row.Columns; start += Blocks.Columns)
        {
            int count = (int)Math.Min(Blocks.Columns, row.Columns - start);
            int padded = WideSweeps<L, V, LF, VF>.Stage(row, start, count, scratch);
            if (!AddBlock(row, scratch, scratch + Blocks.Columns, count, padded, record))
            {
                record->Set(PartialFlags.Invalid);
                break;
            }
        }

        record->Columns += row.Columns;
    }

    /// <summary>Σq, Σq·d and Σq·d² of a tile at a point with normalised weights.</summary>
    internal static Moments Measure(in RowPair row, in PathPoint point)
    {
        Moments total = default;
        for (nint start = 0; start < row.Columns; start += Blocks.Columns)
        {
            total.Add(WideSweeps<L, V, LF, VF>.Evaluate(row, start, (int)Math.Min(Blocks.Columns, row.Columns - start), point), 1);
        }

        return total;
    }

    [SkipLocalsInit]
    private static bool AddBlock(in RowPair row, double* theta, double* target, int count, int padded, PartialRow* record)
    {
        PlainReading<double, L, V, DirectSource<double, L, V>, AnyScale>.Tops(theta, target, padded, out double thetaTop, out double targetTop);
        if (double.IsPositiveInfinity(thetaTop) || double.IsPositiveInfinity(targetTop))
        {
            return false;
        }

        record->Raise(Math.Max(thetaTop, record->ThetaTop), Math.Max(targetTop, record->TargetTop));
        ReadingSums tops = new() { ThetaTop = record->ThetaTop, TargetTop = record->TargetTop };
        double* sums = stackalloc double[NodeSweep<L, V>.Sums * L.Count];
        new Span<double>(sums, NodeSweep<L, V>.Sums * L.Count).Clear();
        bool isPlain = false;
        for (int start = 0; start < count; start += NodeSweep<L, V>.Columns)
        {
            double* a = theta + start, b = target + start;
            if (NodeSweep<L, V>.TryAdd(row, tops, a, b, Math.Min(NodeSweep<L, V>.Columns, count - start), sums))
            {
                isPlain = true;
            }
            else if (!AddCarefully(row, tops, a, b, Math.Min(NodeSweep<L, V>.Columns, padded - start), record))
            {
                return false;
            }
        }

        if (isPlain)
        {
            AddPlain(sums, record);
        }

        return true;
    }

    /// <summary>What the chunks of a block came to that needed no care.</summary>
    private static void AddPlain(double* sums, PartialRow* record)
    {
        double* higher = sums + (3 * PathGrid.Count * L.Count);
        record->AddHalf(0, L.Sum(L.Load(higher)), L.Sum(L.Load(higher + L.Count)));
        for (int node = 0; node < PathGrid.Count; node++, sums += 3 * L.Count)
        {
            Moments moments = new() { Weight = L.Sum(L.Load(sums)), First = L.Sum(L.Load(sums + L.Count)), Second = L.Sum(L.Load(sums + (2 * L.Count))) };
            record->Nodes[node].Merge(new PointSums { Moments = moments });
            record->TargetMass += node == 0 ? moments.Weight : 0;
            record->ThetaMass += node == PathGrid.Count - 1 ? moments.Weight : 0;
        }
    }

    /// <summary>A chunk with masks, or with scores so far below the tops that a node needs a reference of its own. False where there is a NaN.</summary>
    private static bool AddCarefully(in RowPair row, in ReadingSums tops, double* theta, double* target, int count, PartialRow* record)
    {
        ReadingSums sums = tops;
        if (!CarefulReading<double, L, V, DirectSource<double, L, V>>.Sum(theta, target, count, row.InverseTheta, row.InverseTarget, ref sums))
        {
            return false;
        }

        record->ThetaMass += sums.ThetaMass;
        record->TargetMass += sums.TargetMass;
        record->Set((sums.ThetaAlone ? PartialFlags.ThetaAlone : PartialFlags.None) | (sums.TargetAlone ? PartialFlags.TargetAlone : PartialFlags.None));
        if (sums.Half.Weight > 0)
        {
            AddNodes(row, theta, target, count, record);
        }

        return true;
    }

    /// <summary>The block has common tokens, so both tops are finite.</summary>
    private static void AddNodes(in RowPair row, double* theta, double* target, int count, PartialRow* record)
    {
        for (int node = 0; node < PathGrid.Count; node++)
        {
            PathPoint point = new(row, record->ThetaTop, record->TargetTop, PathGrid.Alpha(node), 0);
            if (node == PathGrid.Half)
            {
                AddHalf(theta, target, count, point, record);
                continue;
            }

            PointSums sums = new() { Moments = Sum(theta, target, count, point) };
            if (sums.Moments.Weight < SmallestWeight)
            {
                sums.Exponent = LargestExponent(theta, target, count, point);
                sums.Moments = Sum(theta, target, count, point.Lowered(sums.Exponent));
            }

            record->Nodes[node].Merge(sums);
        }
    }

    /// <summary>The middle node has two more powers.</summary>
    private static void AddHalf(double* theta, double* target, int count, in PathPoint point, PartialRow* record)
    {
        double exponent = LargestExponent(theta, target, count, point);
        CentralSums sums = CentralMoments<L, V, LF, VF>.Sum(theta, target, count, point.Lowered(exponent), 0);
        record->AddHalf(exponent, sums.Third, sums.Fourth);
        Moments moments = new() { Weight = sums.Weight, First = sums.First, Second = sums.Second };
        record->Nodes[PathGrid.Half].Merge(new PointSums { Exponent = exponent, Moments = moments });
    }

    private static Moments Sum(double* theta, double* target, int count, in PathPoint point) =>
        CarefulWriting<double, L, V, DirectSource<double, L, V>, NoWriter<double, L, V>>.Write(theta, target, count, point, null);

    private static double LargestExponent(double* theta, double* target, int count, in PathPoint point) =>
        CarefulWriting<double, L, V, DirectSource<double, L, V>, NoWriter<double, L, V>>.LargestExponent(theta, target, count, point);
}
