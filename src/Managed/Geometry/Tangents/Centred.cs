using System;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Moments under p of a vector less its centre, and its largest entry.</summary>
internal struct CentredSums : ISums<CentredSums>
{
    internal double Weight;
    internal double First;
    internal double Second;
    internal double Third;
    internal double Largest;
    internal double Smallest;

    public static CentredSums Empty => new() { Largest = double.NegativeInfinity, Smallest = double.PositiveInfinity };

    internal readonly double Mean => First / Weight;

    internal readonly double Variance => Math.Max(0, (Second / Weight) - (Mean * Mean));

    /// <summary>The third cumulant.</summary>
    internal readonly double Skew => (Third / Weight) - (3 * Mean * (Second / Weight)) + (2 * Mean * Mean * Mean);

    public void Add(in CentredSums next)
    {
        Weight += next.Weight;
        First += next.First;
        Second += next.Second;
        Third += next.Third;
        Largest = Math.Max(Largest, next.Largest);
        Smallest = Math.Min(Smallest, next.Smallest);
    }
}

/// <summary>Finds the <see cref="CentredSums"/> of a block.</summary>
internal readonly unsafe struct CentredBlock : ITangentBlock<CentredSums>
{
    public static bool Writes => false;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref CentredSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), centre = L.Broadcast(row.Centre);
        V zero = L.Broadcast(0), weight = zero, first = zero, second = zero, third = zero;
        V lowest = L.Broadcast(double.NegativeInfinity), largest = lowest, largestNegative = lowest;
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out _, out V v, out V isReal);
            V c = L.Select(isReal, L.Subtract(v, centre), zero), pc = L.Multiply(p, c), pcc = L.Multiply(pc, c);
            weight = L.Add(weight, p);
            first = L.Add(first, pc);
            second = L.Add(second, pcc);
            third = L.MultiplyAdd(pcc, c, third);
            largest = L.Max(largest, L.Select(isReal, c, lowest));
            largestNegative = L.Max(largestNegative, L.Select(isReal, L.Subtract(zero, c), lowest));
        }

        sums = new CentredSums
        {
            Weight = L.Sum(weight),
            First = L.Sum(first),
            Second = L.Sum(second),
            Third = L.Sum(third),
            Largest = L.Largest(largest),
            Smallest = -L.Largest(largestNegative),
        };
    }
}
