using System;

namespace Equipoise.Geometry;

/// <summary>
/// Sums over the tokens at a β, weights relative to 2^<see cref="Exponent"/>; ℓ_i = log π_i − log π_0, so that policy 0 has none.
/// </summary>
internal unsafe struct ManySums
{
    /// <summary>Entries of the lower triangle of the second moments of ℓ_1 … ℓ_15.</summary>
    internal const int Pairs = SeveralTargets.Most * (SeveralTargets.Most - 1) / 2;

    /// <summary>log2 of the largest weight; −∞ when no token is common.</summary>
    internal double Exponent;

    /// <summary>Σ w.</summary>
    internal double Weight;

    /// <summary>Σ w c.</summary>
    internal double Cost;

    /// <summary>Σ w ℓ_i at i.</summary>
    internal fixed double First[SeveralTargets.Most];

    /// <summary>Σ w ℓ_i ℓ_j at <see cref="Pair"/>(i, j).</summary>
    internal fixed double Second[Pairs];

    internal readonly bool IsEmpty => double.IsNegativeInfinity(Exponent);

    /// <summary>Where the pair 1 ≤ j ≤ i lies.</summary>
    internal static int Pair(int i, int j) => (i * (i - 1) / 2) + j - 1;

    internal void Clear()
    {
        this = default;
        Exponent = double.NegativeInfinity;
    }

    internal void Merge(in ManySums other, int count)
    {
        if (other.IsEmpty)
        {
            return;
        }

        double highest = Math.Max(Exponent, other.Exponent), own = IsEmpty ? 0 : double.Exp2(Exponent - highest), its = double.Exp2(other.Exponent - highest);
        Exponent = highest;
        Weight = (Weight * own) + (other.Weight * its);
        Cost = (Cost * own) + (other.Cost * its);
        for (int i = 1; i < count; i++)
        {
            First[i] = (First[i] * own) + (other.First[i] * its);
        }

        for (int pair = 0; pair < Pair(count, 1); pair++)
        {
            Second[pair] = (Second[pair] * own) + (other.Second[pair] * its);
        }
    }
}
