using System;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The normaliser of a distribution and the first moments of a vector: what every other pass starts from.</summary>
internal struct MassSums : ISums<MassSums>
{
    internal double Top;
    internal double Weight;

    /// <summary>Σ exp(score − top) v.</summary>
    internal double First;

    /// <summary>Σ v, compensated, and Σ |v|, over the tokens that are not masked.</summary>
    internal double Total;
    internal double Rest;
    internal double Size;

    /// <summary>0; NaN when an element is NaN or infinite (−∞ masks a score).</summary>
    internal double Poison;

    public static MassSums Empty => new() { Top = double.NegativeInfinity };

    internal readonly double LogMass => Math.Log(Weight);

    internal readonly double Mean => First / Weight;

    public void Add(in MassSums next)
    {
        double sum = Total + next.Total, added = sum - Total;
        Rest += next.Rest + (Total - (sum - added)) + (next.Total - added);
        Total = sum;
        Size += next.Size;
        Poison += next.Poison;
        if (double.IsNegativeInfinity(next.Top))
        {
            return;
        }

        double top = Math.Max(Top, next.Top), mine = Math.Exp(Top - top), others = Math.Exp(next.Top - top);
        Weight = (Weight * mine) + (next.Weight * others);
        First = (First * mine) + (next.First * others);
        Top = top;
    }
}

/// <summary>Finds the <see cref="MassSums"/> of a block.</summary>
internal readonly unsafe struct MassBlock : ITangentBlock<MassSums>
{
    public static bool Writes => false;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref MassSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V largest = L.Broadcast(double.NegativeInfinity), poison = L.Broadcast(0), zero = poison;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(scores + i);
            largest = L.Max(largest, a);
            poison = L.Add(poison, L.Select(L.IsMinusInfinity(a), zero, L.Subtract(a, a)));
        }

        sums.Poison = L.Sum(poison);
        sums.Top = L.Largest(largest);
        if (sums.Poison != 0 || double.IsNegativeInfinity(sums.Top))
        {
            return;
        }

        V top = L.Broadcast(sums.Top), log2E = L.Broadcast(Constants.Log2E), weight = zero, first = zero, total = zero, rest = zero, size = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V w = TangentRow.Load<L, V>(scores, vector, i, top, zero, log2E, out _, out V v, out _);
            poison = L.Add(poison, L.Subtract(v, v));
            weight = L.Add(weight, w);
            first = L.MultiplyAdd(w, v, first);
            size = L.Add(size, Exponentials<double, L, V>.Absolute(v));
            V sum = L.Add(total, v), added = L.Subtract(sum, total);
            rest = L.Add(rest, L.Add(L.Subtract(total, L.Subtract(sum, added)), L.Subtract(v, added)));
            total = sum;
        }

        sums.Poison = L.Sum(poison);
        sums.Weight = L.Sum(weight);
        sums.First = L.Sum(first);
        sums.Size = L.Sum(size);
        Gather<L, V>(total, L.Sum(rest), ref sums);
    }

    /// <summary>The lanes one by one, so that nothing of the compensation is lost.</summary>
    private static void Gather<L, V>(V total, double rest, ref MassSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        double* lanes = stackalloc double[L.Count];
        L.Store(lanes, total);
        sums.Rest = rest;
        for (int i = 0; i < L.Count; i++)
        {
            double sum = sums.Total + lanes[i], added = sum - sums.Total;
            sums.Rest += sums.Total - (sum - added) + (lanes[i] - added);
            sums.Total = sum;
        }
    }
}
