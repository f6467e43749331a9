using System;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Sums under p and under p exp(s c), c being the vector less its centre and s the row's parameter.</summary>
internal struct TiltedSums : ISums<TiltedSums>
{
    /// <summary>Σ p c, and Σ p (exp(s c) − 1 − s c), which overflows before the sums below do.</summary>
    internal double First;
    internal double Residue;

    /// <summary>Σ p exp(s c) and Σ p exp(s c) c, both over 2^Exponent.</summary>
    internal double Exponent;
    internal double Weight;
    internal double TiltedFirst;

    public static TiltedSums Empty => new() { Exponent = double.NegativeInfinity };

    /// <summary>d/ds of <see cref="Kl"/>: the vector's mean after the step less the one before.</summary>
    internal readonly double Slope => (TiltedFirst / Weight) - First;

    /// <summary>KL(p‖p exp(s c)/Z) = log Z − s E_p[c], of terms that do not cancel where it is small.</summary>
    internal readonly double Kl(double step)
    {
        double kl = (Exponent / Constants.Log2E) + Math.Log(Weight) - (step * First);
        return Math.Max(0, kl < 1 ? Logarithm.Plus1(Residue + (step * First)) - (step * First) : kl);
    }

    public void Add(in TiltedSums next)
    {
        First += next.First;
        Residue += next.Residue;
        if (double.IsNegativeInfinity(next.Exponent))
        {
            return;
        }

        double exponent = Math.Max(Exponent, next.Exponent);
        double mine = double.Exp2(Exponent - exponent), others = double.Exp2(next.Exponent - exponent);
        Weight = (Weight * mine) + (next.Weight * others);
        TiltedFirst = (TiltedFirst * mine) + (next.TiltedFirst * others);
        Exponent = exponent;
    }
}

/// <summary>Finds the <see cref="TiltedSums"/> of a block.</summary>
internal readonly unsafe struct TiltedBlock : ITangentBlock<TiltedSums>
{
    public static bool Writes => false;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref TiltedSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), centre = L.Broadcast(row.Centre);
        V step = L.Broadcast(row.Parameter), zero = L.Broadcast(0), first = zero, residue = zero, largest = L.Broadcast(double.NegativeInfinity);
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out V logP, out V v, out V isReal);
            V c = L.Select(isReal, L.Subtract(v, centre), zero), z = L.Multiply(step, c), exponent = L.MultiplyAdd(z, log2E, logP);
            V tilted = L.Select(isReal, Exponentials<double, L, V>.Exp2(exponent), zero);
            first = L.MultiplyAdd(p, c, first);
            residue = L.Add(residue, L.Select(isReal, Exponentials<double, L, V>.SecondDifference(p, tilted, z), zero));
            largest = L.Max(largest, L.Select(isReal, exponent, largest));
            L.Store(scores + i, L.Select(isReal, exponent, L.Broadcast(double.NegativeInfinity)));
            L.Store(vector + i, c);
        }

        sums.First = L.Sum(first);
        sums.Residue = L.Sum(residue);
        sums.Exponent = L.Largest(largest);
        AddTilted<L, V>(scores, vector, count, ref sums);
    }

    /// <summary>The sums that must not overflow, from exponents and centred vector.</summary>
    private static void AddTilted<L, V>(double* exponents, double* centred, int count, ref TiltedSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        if (double.IsNegativeInfinity(sums.Exponent))
        {
            return;
        }

        V reference = L.Broadcast(sums.Exponent), zero = L.Broadcast(0), weight = zero, first = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V exponent = L.Load(exponents + i), isReal = L.IsAboveMinusInfinity(exponent);
            V w = L.Select(isReal, Exponentials<double, L, V>.Exp2(L.Subtract(L.Select(isReal, exponent, zero), reference)), zero);
            weight = L.Add(weight, w);
            first = L.MultiplyAdd(w, L.Load(centred + i), first);
        }

        sums.Weight = L.Sum(weight);
        sums.TiltedFirst = L.Sum(first);
    }
}

/// <summary>Σ p over the tokens where the vector, less its centre, is at least the row's parameter.</summary>
internal struct PeakSums : ISums<PeakSums>
{
    internal double Mass;

    public static PeakSums Empty => default;

    public void Add(in PeakSums next) => Mass += next.Mass;
}

/// <summary>Finds the <see cref="PeakSums"/> of a block.</summary>
internal readonly unsafe struct PeakBlock : ITangentBlock<PeakSums>
{
    public static bool Writes => false;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref PeakSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), centre = L.Broadcast(row.Centre);
        V bound = L.Broadcast(row.Parameter), zero = L.Broadcast(0), mass = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out _, out V v, out V isReal);
            mass = L.Add(mass, L.Select(L.And(isReal, L.IsAtMost(bound, L.Subtract(v, centre))), p, zero));
        }

        sums.Mass = L.Sum(mass);
    }
}
