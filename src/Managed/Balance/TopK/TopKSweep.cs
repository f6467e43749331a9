using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Σ exp of the tokens that are not listed, relative to their largest; NaN where one is NaN or +∞.</summary>
internal struct TailMass
{
    internal double Top;
    internal double Mass;
}

/// <summary>The sweeps over all of theta's columns, in f64.</summary>
internal static unsafe class TopKSweep<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    /// <summary>What the unlisted tokens weigh: summed by themselves, since 1 − Σ of the others loses a small tail.</summary>
    [SkipLocalsInit]
    internal static TailMass Tail(in RowPair row, ulong* listed)
    {
        double* scratch = stackalloc double[Blocks.Columns];
        TailMass total = new() { Top = double.NegativeInfinity };
        for (nint start = 0; start < row.Columns; start += Blocks.Columns)
        {
            int count = Stage(row, start, scratch);
            TakeOut(scratch, listed + (start / 64), (int)Math.Min(Blocks.Columns, row.Columns - start));
            Add(scratch, count, row.InverseTheta, ref total);
        }

        return total;
    }

    /// <summary>Stores factor · π_θ over a row of the destination.</summary>
    [SkipLocalsInit]
    internal static void Spread(in RowPair row, double inverse, double lse, double factor, in Matrix destination, long index)
    {
        double* scratch = stackalloc double[Blocks.Columns];
        V scale = L.Broadcast(inverse * Constants.Log2E), offset = L.Broadcast(-lse * Constants.Log2E), lowest = L.Broadcast(Constants.LowestExponent);
        V unused = L.Broadcast(0), share = L.Broadcast(factor);
        for (nint start = 0; start < row.Columns; start += Blocks.Columns)
        {
            int count = Stage(row, start, scratch);
            for (int i = 0; i < count; i += L.Count)
            {
                V exponent = L.Max(L.MultiplyAdd(L.Load(scratch + i), scale, offset), lowest);
                L.Store(scratch + i, L.Multiply(share, L.Exp2(exponent, unused, unused, unused, unused, unused, unused)));
            }

            Elements.Store(scratch, (int)Math.Min(Blocks.Columns, row.Columns - start), Addressing.Row(destination, index), start, destination.DType);
        }
    }

    /// <summary>Filled up to whole registers with −∞.</summary>
    private static int Stage(in RowPair row, nint start, double* scratch)
    {
        int count = (int)Math.Min(Blocks.Columns, row.Columns - start);
        Staging<double, L, V, LF, VF>.Fetch(row.Theta, row.ThetaType, row, start, count, scratch);
        for (; count % L.Count != 0; count++)
        {
            scratch[count] = double.NegativeInfinity;
        }

        return count;
    }

    private static void TakeOut(double* scratch, ulong* listed, int count)
    {
        for (int word = 0; word * 64 < count; word++)
        {
            for (ulong bits = listed[word]; bits != 0; bits &= bits - 1)
            {
                scratch[(word * 64) + BitOperations.TrailingZeroCount(bits)] = double.NegativeInfinity;
            }
        }
    }

    private static void Add(double* scores, int count, double inverse, ref TailMass total)
    {
        V tops = L.Broadcast(double.NegativeInfinity), poison = L.Broadcast(0), zero = poison;
        for (int i = 0; i < count; i += L.Count)
        {
            V a = L.Load(scores + i);
            tops = L.Max(tops, a);
            poison = L.Add(poison, L.Select(L.IsMinusInfinity(a), zero, L.Subtract(a, a)));
        }

        double top = L.Largest(tops) * inverse;
        if (L.Sum(poison) != 0)
        {
            (total.Top, total.Mass) = (0, double.NaN);
        }
        else if (!double.IsNegativeInfinity(top))
        {
            double mass = Mass(scores, count, inverse, top), largest = Math.Max(top, total.Top);
            total.Mass = (total.Mass * Math.Exp(total.Top - largest)) + (mass * Math.Exp(top - largest));
            total.Top = largest;
        }
    }

    private static double Mass(double* scores, int count, double inverse, double top)
    {
        V scale = L.Broadcast(inverse * Constants.Log2E), offset = L.Broadcast(-top * Constants.Log2E), lowest = L.Broadcast(Constants.LowestExponent);
        V unused = L.Broadcast(0), sum = unused;
        for (int i = 0; i < count; i += L.Count)
        {
            V exponent = L.Max(L.MultiplyAdd(L.Load(scores + i), scale, offset), lowest);
            sum = L.Add(sum, L.Exp2(exponent, unused, unused, unused, unused, unused, unused));
        }

        return L.Sum(sum);
    }
}
