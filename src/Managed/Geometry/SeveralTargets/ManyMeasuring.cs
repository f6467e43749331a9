using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// One pass over all policies' data at a β: Σ w, Σ w ℓ_i and Σ w ℓ_i ℓ_j of the weights w = exp(Σ β_i log π_i − λ c). ℓ_i is taken against
/// policy 0, and centred by the masses, so that near the optimum nothing cancels.
/// </summary>
internal static unsafe class ManyMeasuring<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    private const int Columns = ManyStaging<L, V, LF, VF>.Columns;

    [SkipLocalsInit]
    internal static void Piece(in ManyRow row, nint begin, nint end, double* beta, ManySums* result)
    {
        double* scratch = stackalloc double[ManyStaging<L, V, LF, VF>.Size];
        double* weights = stackalloc double[2 * Columns];
        ManySums block = default;
        result->Clear();
        for (nint start = begin; start < end; start += Columns)
        {
            int padded = ManyStaging<L, V, LF, VF>.Stage(row, start, (int)Math.Min(Columns, end - start), scratch);
            block.Exponent = ManyStaging<L, V, LF, VF>.Exponents(row, beta, scratch, padded, weights);
            if (!block.IsEmpty)
            {
                block.Weight = TakeWeights(weights, padded, block.Exponent);
                block.Cost = row.Cost == null ? 0 : Dot(weights, scratch + (row.Count * Columns), padded);
                AddMoments(row, scratch, weights, padded, &block);
                result->Merge(block, row.Count);
            }
        }
    }

    /// <summary>Exponents become weights, the largest of them 1; their sum.</summary>
    private static double TakeWeights(double* exponents, int count, double largest)
    {
        V reference = L.Broadcast(largest), lowest = L.Broadcast(Constants.LowestExponent), sum = L.Broadcast(0);
        for (int n = 0; n < count; n += L.Count)
        {
            V exponent = L.Max(L.Subtract(L.Load(exponents + n), reference), lowest);
            V weight = L.Exp2(exponent, sum, sum, sum, sum, sum, sum);
            L.Store(exponents + n, weight);
            sum = L.Add(sum, weight);
        }

        return L.Sum(sum);
    }

    private static void AddMoments(in ManyRow row, double* scratch, double* weights, int count, ManySums* block)
    {
        double* weighted = weights + Columns;
        for (int i = 1; i < row.Count; i++)
        {
            double* ratios = scratch + (i * Columns);
            TakeRatios(scratch, ratios, count, row.LogMass[i] - row.LogMass[0]);
            block->First[i] = TakeWeighted(weights, ratios, count, weighted);
            for (int j = 1; j <= i; j++)
            {
                block->Second[ManySums.Pair(i, j)] = Dot(weighted, scratch + (j * Columns), count);
            }
        }
    }

    private static void TakeRatios(double* first, double* policy, int count, double kappa)
    {
        V centre = L.Broadcast(kappa);
        for (int n = 0; n < count; n += L.Count)
        {
            L.Store(policy + n, L.Subtract(L.Subtract(L.Load(policy + n), L.Load(first + n)), centre));
        }
    }

    private static double TakeWeighted(double* weights, double* ratios, int count, double* weighted)
    {
        V sum = L.Broadcast(0);
        for (int n = 0; n < count; n += L.Count)
        {
            V product = L.Multiply(L.Load(weights + n), L.Load(ratios + n));
            L.Store(weighted + n, product);
            sum = L.Add(sum, product);
        }

        return L.Sum(sum);
    }

    private static double Dot(double* x, double* y, int count)
    {
        V sum = L.Broadcast(0);
        for (int n = 0; n < count; n += L.Count)
        {
            sum = L.MultiplyAdd(L.Load(x + n), L.Load(y + n), sum);
        }

        return L.Sum(sum);
    }
}
