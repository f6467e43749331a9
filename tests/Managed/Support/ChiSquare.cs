using System;

namespace Equipoise.Tests.Support;

/// <summary>Pearson's test of counts against probabilities.</summary>
internal static class ChiSquare
{
    /// <summary>Cells that expect fewer draws than this are put together.</summary>
    private const double SmallestCell = 10;

    /// <summary>Standard normal quantile of an error rate of 1e-6.</summary>
    private const double Quantile = 4.753424;

    /// <summary>The statistic and the value that it exceeds in one of a million samples (Wilson and Hilferty).</summary>
    public static (double Statistic, double Critical) Of(long[] counts, double[] probabilities)
    {
        double draws = 0, statistic = 0, rareCount = 0, rareExpected = 0;
        Array.ForEach(counts, c => draws += c);
        int cells = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            double expected = probabilities[i] * draws;
            if (expected < SmallestCell)
            {
                (rareCount, rareExpected) = (rareCount + counts[i], rareExpected + expected);
                continue;
            }

            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
            cells++;
        }

        if (rareExpected > 0)
        {
            statistic += (rareCount - rareExpected) * (rareCount - rareExpected) / Math.Max(rareExpected, 1);
            cells++;
        }

        double freedom = Math.Max(1, cells - 1), spread = 2 / (9 * freedom);
        return (statistic, freedom * Math.Pow(1 - spread + (Quantile * Math.Sqrt(spread)), 3));
    }
}
