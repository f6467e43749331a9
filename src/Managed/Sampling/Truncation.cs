using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>
/// The least exponent of a token that top-k, top-p and min-p leave of q, one after the other. Histograms of the exponents narrow down where
/// it is until the few that are left can be sorted: exact, and nothing of the row's size is written.
/// </summary>
internal unsafe ref struct Truncation
{
    private const int Bins = 1024;

    /// <summary>Exponents that are sorted at most.</summary>
    private const int Capacity = 2048;

    /// <summary>Powers of two below the largest weight that the first histogram resolves; what is below is in its lowest bin.</summary>
    private const double Depth = 40;

    private readonly ref readonly DrawRow row;
    private readonly Span<double> largest;
    private readonly Span<double> weightOfBin;
    private readonly Span<double> gathered;
    private readonly bool byMass;

    /// <summary>Where the threshold is; only exponents in [floor, top] are looked at.</summary>
    private double floor;
    private double top;

    /// <summary>The histogram's bins are of equal width from here on, the lowest one also has what is below.</summary>
    private double edge;
    private double scale;

    private Truncation(ref readonly DrawRow row, Span<double> largest, Span<double> weightOfBin, Span<double> gathered, bool byMass)
    {
        this.row = ref row;
        this.largest = largest;
        this.weightOfBin = weightOfBin;
        this.gathered = gathered;
        this.byMass = byMass;
    }

    /// <param name="row">Not measured yet: <see cref="DrawRow.Masses"/> serve as scratch.</param>
    /// <param name="options">What is asked for.</param>
    [SkipLocalsInit]
    internal static double Threshold(ref readonly DrawRow row, in SampleOptions options)
    {
        Span<double> largest = new(row.Masses, row.ChunkCount), bins = stackalloc double[Bins], room = stackalloc double[Capacity];
        double top = FindLargest(row, largest), threshold = double.NegativeInfinity;
        if (options.TopK > 0 && options.TopK < row.Row.Columns)
        {
            double floor = LowerBound(row, largest, options.TopK);
            threshold = new Truncation(in row, largest, bins, room, byMass: false) { floor = floor, top = top }.Select(options.TopK);
        }

        if (options.TopP < 1)
        {
            threshold = new Truncation(in row, largest, bins, room, byMass: true) { floor = threshold, top = top }.Select(options.TopP);
        }

        return Math.Max(threshold, top + Math.Log2(options.MinP));
    }

    /// <summary>The k largest of the chunks' largest are k tokens: the k-th token is at least as large. −∞ where chunks are too few.</summary>
    private static double LowerBound(in DrawRow row, Span<double> largest, long k)
    {
        if (k > largest.Length)
        {
            return double.NegativeInfinity;
        }

        Span<double> sorted = new(row.Before, largest.Length);
        largest.CopyTo(sorted);
        sorted.Sort();
        return sorted[(int)(sorted.Length - k)];
    }

    private static double FindLargest(in DrawRow row, Span<double> largest)
    {
        double top = double.NegativeInfinity;
        for (int chunk = 0; chunk < largest.Length; chunk++)
        {
            largest[chunk] = row.LargestOf(chunk);
            top = Math.Max(top, largest[chunk]);
        }

        return top;
    }

    /// <param name="wanted">Tokens, or a share of the mass from the floor up.</param>
    /// <returns>The largest exponent at and above which there is so much.</returns>
    private double Select(double wanted)
    {
        SetBins(Math.Max(floor, top - Depth));
        double above = 0, all = Fill();
        wanted *= byMass ? all : 1;
        while (true)
        {
            int bin = Bins - 1;
            for (; bin > 0 && above + weightOfBin[bin] < wanted; bin--)
            {
                above += weightOfBin[bin];
            }

            long count = Gather(bin, out double low, out double high);
            if (count <= Capacity || low == high)
            {
                Span<double> left = gathered[..(int)Math.Min(count, Capacity)];
                return left.IsEmpty ? floor : Walk(left, above, wanted, byMass);
            }

            (floor, top) = (low, high);
            SetBins(low);
            Fill();
        }
    }

    private void SetBins(double lowest)
    {
        edge = lowest;
        scale = top > lowest ? Bins / (top - lowest) : 0;
    }

    private readonly int BinOf(double exponent) => (int)Math.Clamp((exponent - edge) * scale, 0, Bins - 1);

    /// <summary>From the largest on until there is so much; where rounding left a little wanting, to the smallest.</summary>
    /// <param name="exponents">At least one; sorted on return.</param>
    /// <param name="above">What larger ones have already.</param>
    /// <param name="wanted">Mass, or number.</param>
    /// <param name="byMass">Which of the two.</param>
    internal static double Walk(Span<double> exponents, double above, double wanted, bool byMass)
    {
        exponents.Sort();
        for (int i = exponents.Length - 1; i > 0; i--)
        {
            above += byMass ? double.Exp2(exponents[i]) : 1;
            if (above >= wanted)
            {
                return exponents[i];
            }
        }

        return exponents[0];
    }

    /// <summary>The mass, or the number, of tokens in each bin, and in all.</summary>
    [SkipLocalsInit]
    private readonly double Fill()
    {
        double* exponents = stackalloc double[2 * Chunks.Columns];
        double* weights = exponents + Chunks.Columns;
        double all = 0;
        weightOfBin.Clear();
        for (int chunk = 0; chunk < largest.Length; chunk++)
        {
            if (!TryOpen(chunk, exponents, out int width))
            {
                continue;
            }

            if (byMass)
            {
                Unsafe.CopyBlockUnaligned(weights, exponents, Chunks.Columns * sizeof(double));
                WidePoint.Weights(weights, width, floor);
            }

            for (int i = 0; i < width; i++)
            {
                if (IsInside(exponents[i]))
                {
                    double weight = byMass ? weights[i] : 1;
                    weightOfBin[BinOf(exponents[i])] += weight;
                    all += weight;
                }
            }
        }

        return all;
    }

    /// <summary>The exponents of a bin, as many of them as fit, and their range.</summary>
    [SkipLocalsInit]
    private readonly long Gather(int bin, out double low, out double high)
    {
        double* exponents = stackalloc double[Chunks.Columns];
        long count = 0;
        (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (int chunk = 0; chunk < largest.Length; chunk++)
        {
            if (!TryOpen(chunk, exponents, out int width))
            {
                continue;
            }

            for (int i = 0; i < width; i++)
            {
                if (IsInside(exponents[i]) && BinOf(exponents[i]) == bin)
                {
                    low = Math.Min(low, exponents[i]);
                    high = Math.Max(high, exponents[i]);
                    gathered[(int)Math.Min(count++, Capacity - 1)] = exponents[i];
                }
            }
        }

        return count;
    }

    /// <summary>Masked tokens are at −∞.</summary>
    private readonly bool IsInside(double exponent) => exponent >= floor && exponent <= top && exponent > double.NegativeInfinity;

    private readonly bool TryOpen(int chunk, double* exponents, out int width)
    {
        bool isNeeded = largest[chunk] >= floor;
        width = isNeeded ? row.Exponents(chunk, exponents) : 0;
        return isNeeded;
    }
}
