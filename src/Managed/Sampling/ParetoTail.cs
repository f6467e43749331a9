using System;

namespace Equipoise.Sampling;

/// <summary>
/// Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao and Gabry, JMLR 25 (2024) 72): a generalised Pareto distribution is fitted to
/// the largest min(S/5, 3√S) of S weights, which are then replaced by its expected order statistics, none above the largest raw weight.
/// </summary>
internal static unsafe class ParetoTail
{
    /// <summary>Fewer weights than these say nothing about a tail.</summary>
    private const int SmallestTail = 5;

    internal static nint ScratchBytes(long count) =>
        checked((nint)((count * (sizeof(double) + sizeof(int))) + ((TailLength(count) + 1) * sizeof(double)) + GeneralizedPareto.ScratchBytes(TailLength(count)) + 64));

    /// <summary>k̂ of the tail; +∞ where there is none to speak of. Smooths it if asked to.</summary>
    internal static double Fit(double* logs, int count, bool smooths, void* scratch)
    {
        int length = (int)TailLength(count);
        if (length < SmallestTail)
        {
            return double.PositiveInfinity;
        }

        double* sorted = (double*)scratch, tail = sorted + count, work = tail + length;
        int* places = (int*)(work + (GeneralizedPareto.ScratchBytes(length) / sizeof(double)));
        for (int i = 0; i < count; i++)
        {
            sorted[i] = logs[i];
            places[i] = i;
        }

        new Span<double>(sorted, count).Sort(new Span<int>(places, count));
        double largest = sorted[count - 1], cutoff = Math.Exp(sorted[count - length - 1] - largest);
        if (double.IsNegativeInfinity(largest))
        {
            return double.PositiveInfinity;
        }

        for (int i = 0; i < length; i++)
        {
            tail[i] = Math.Exp(sorted[count - length + i] - largest) - cutoff;
        }

        double shape = GeneralizedPareto.Fit(tail, length, work, out double scale);
        for (int i = 0; i < length && smooths && double.IsFinite(shape); i++)
        {
            double smooth = GeneralizedPareto.Quantile((i + 0.5) / length, shape, scale) + cutoff;
            logs[places[count - length + i]] = largest + Math.Min(0, Math.Log(smooth));
        }

        return shape;
    }

    private static long TailLength(long count) => (long)Math.Ceiling(Math.Min(0.2 * count, 3 * Math.Sqrt(count)));
}
