using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>A block of all policies and of the cost as f64, side by side in scratch memory that the first-level cache holds.</summary>
internal static unsafe class ManyStaging<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    /// <summary>Columns of a block.</summary>
    internal const int Columns = 256;

    /// <summary>Doubles that the policies and the cost take.</summary>
    internal const int Size = (SeveralTargets.Most + 1) * Columns;

    /// <summary>Policy i at i · <see cref="Columns"/>, the cost at k · <see cref="Columns"/>; filled up to whole registers with −∞.</summary>
    /// <returns>Columns with the filling.</returns>
    internal static int Stage(in ManyRow row, nint begin, int count, double* scratch)
    {
        RowPair kind = new() { Scores = row.Scores };
        int padded = (count + L.Count - 1) / L.Count * L.Count;
        for (int i = 0; i < row.Count; i++)
        {
            double* policy = scratch + (i * Columns);
            Staging<double, L, V, LF, VF>.Fetch((void*)row.Data[i], (DType)row.DTypes[i], kind, begin, count, policy);
            Fill(policy, count, padded, double.NegativeInfinity);
        }

        if (row.Cost != null)
        {
            double* cost = scratch + (row.Count * Columns);
            kind.Scores = Scores.Logits;
            Staging<double, L, V, LF, VF>.Fetch(row.Cost, row.CostType, kind, begin, count, cost);
            Fill(cost, count, padded, 0);
        }

        return padded;
    }

    /// <summary>
    /// Turns a staged block's scores into what they lie below their policy's top, 0 where any policy masks the token, and gives log2 of each
    /// unnormalised weight, −∞ there.
    /// </summary>
    /// <returns>The largest exponent.</returns>
    internal static double Exponents(in ManyRow row, double* beta, double* scratch, int padded, double* exponents)
    {
        V zero = L.Broadcast(0), masked = L.Broadcast(double.NegativeInfinity), lowest = L.Broadcast(-LargestDepth), largest = masked;
        V price = L.Broadcast(-row.CostWeight * row.Sharpness * Balance.Constants.Log2E);
        for (int n = 0; n < padded; n += L.Count)
        {
            V common = L.IsAboveMinusInfinity(L.Load(scratch + n));
            for (int i = 1; i < row.Count; i++)
            {
                common = L.And(common, L.IsAboveMinusInfinity(L.Load(scratch + (i * Columns) + n)));
            }

            V exponent = row.Cost == null ? zero : L.Multiply(price, L.Load(scratch + (row.Count * Columns) + n));
            for (int i = 0; i < row.Count; i++)
            {
                double* place = scratch + (i * Columns) + n;
                V below = L.Select(common, L.Max(L.Subtract(L.Load(place), L.Broadcast(row.Top[i])), lowest), zero);
                L.Store(place, below);
                exponent = L.MultiplyAdd(L.Broadcast(beta[i] * row.Sharpness * Balance.Constants.Log2E), below, exponent);
            }

            exponent = L.Select(common, exponent, masked);
            L.Store(exponents + n, exponent);
            largest = L.Max(largest, exponent);
        }

        return L.Largest(largest);
    }

    /// <summary>Scores are cut off this far below their top: no weight is left to tell the difference, and squares must not overflow.</summary>
    private const double LargestDepth = 1e140;

    private static void Fill(double* values, int begin, int end, double value)
    {
        for (int i = begin; i < end; i++)
        {
            values[i] = value;
        }
    }
}
