using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>log Z at a β with its gradient, its Hessian and the KLs, which follow from them.</summary>
internal unsafe struct ManyPoint
{
    /// <summary>ℓ varies by no more than the rounding of scores near 1.</summary>
    private const double SmallestVariance = 1e-28;

    internal fixed double Beta[SeveralTargets.Most];

    /// <summary>E_q[ℓ_i]: the gradient of log Z, less that of policy 0, which a sum of 1 makes of no account.</summary>
    internal fixed double Gradient[SeveralTargets.Most];

    /// <summary>Cov_q[ℓ_i, ℓ_j], k rows of k.</summary>
    internal fixed double Hessian[SeveralTargets.Most * SeveralTargets.Most];

    internal fixed double Kl[SeveralTargets.Most];

    internal double LogZ;

    /// <summary>log2 of the largest unnormalised weight, and their sum relative to it.</summary>
    internal double Exponent;

    internal double Weight;

    /// <summary>The largest variance among the ℓ_i.</summary>
    internal double LargestVariance;

    /// <summary>What rounding may do to a gradient.</summary>
    internal double Noise;

    internal int Count;

    /// <summary>Whether all policies are one: E[ℓ_i] = 0 for all, and no variance. A sharp q that sees one token alone has none either.</summary>
    internal bool IsAllAlike()
    {
        bool isAlike = LargestVariance <= SmallestVariance;
        for (int i = 1; i < Count; i++)
        {
            isAlike &= Math.Abs(Gradient[i]) <= Noise;
        }

        return isAlike;
    }

    /// <summary>
    /// The largest KL less the smallest of a policy that takes part: 0 if and only if β is the optimum. It bounds what any other q could gain.
    /// </summary>
    internal double Residual()
    {
        double largest = double.NegativeInfinity, smallest = double.PositiveInfinity;
        for (int i = 0; i < Count; i++)
        {
            largest = Math.Max(largest, Kl[i]);
            smallest = Beta[i] > 0 ? Math.Min(smallest, Kl[i]) : smallest;
        }

        return largest - smallest;
    }

    internal double LargestKl()
    {
        double largest = 0;
        for (int i = 0; i < Count; i++)
        {
            largest = Math.Max(largest, Kl[i]);
        }

        return largest;
    }

    /// <summary>Reads the sums, which are those of <paramref name="beta"/>; log masses are relative to the tops.</summary>
    internal void Set(double* beta, in ManySums sums, in ManyRow row)
    {
        Count = row.Count;
        Exponent = sums.Exponent;
        Weight = sums.Weight;
        LargestVariance = 0;
        double rounding = 1;
        for (int i = 0; i < Count; i++)
        {
            Beta[i] = beta[i];
            Hessian[i] = Hessian[i * Count] = 0;
            Gradient[i] = i == 0 ? 0 : sums.First[i] / sums.Weight;
            rounding = Math.Max(rounding, Math.Max(Math.Abs(row.LogMass[i]), Math.Abs(Gradient[i])));
        }

        for (int i = 1; i < Count; i++)
        {
            for (int j = 1; j <= i; j++)
            {
                double second = (sums.Second[ManySums.Pair(i, j)] / sums.Weight) - (Gradient[i] * Gradient[j]);
                Hessian[(i * Count) + j] = Hessian[(j * Count) + i] = row.Sharpness * second;
            }

            LargestVariance = Math.Max(LargestVariance, Hessian[(i * Count) + i] / row.Sharpness);
        }

        Noise = Math.ScaleB(rounding + Math.Sqrt(LargestVariance), -50);
        SetDivergences(row, sums.Cost / sums.Weight);
    }

    /// <summary>KL(q‖π_i) = E[log q] − E[log π_i] with log q = log π_0 + Σ β_j ℓ_j − λ c − log Z.</summary>
    private void SetDivergences(in ManyRow row, double cost)
    {
        double logMass = 0, mean = 0;
        for (int i = 0; i < Count; i++)
        {
            logMass += Beta[i] == 0 ? 0 : Beta[i] * row.LogMass[i];
            mean += Beta[i] == 0 ? 0 : Beta[i] * Gradient[i];
        }

        LogZ = (((Exponent / Constants.Log2E) + Math.Log(Weight)) / row.Sharpness) - logMass;
        for (int i = 0; i < Count; i++)
        {
            Kl[i] = Math.Max(0, mean - Gradient[i] - (row.CostWeight * cost) - LogZ);
        }
    }
}
