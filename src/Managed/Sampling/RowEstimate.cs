using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>
/// What runs of columns, spread evenly over a row, say about it: how many tokens, and how much of q, are at or above an exponent.
/// </summary>
internal unsafe struct RowEstimate
{
    /// <summary>Columns of the sample, and of a run of it.</summary>
    internal const int Columns = 1024;
    private const int RunColumns = 64;

    internal const int Size = 3 * Columns;

    /// <summary>Steps of the search for a bound, in powers of two, and how closely it is then found.</summary>
    private const double FirstStep = 0.25;
    private const double Resolution = 1.0 / 32;

    private readonly float* exponents;
    private readonly float* weights;
    private readonly float* ones;
    private readonly int count;
    private readonly double mass;

    /// <summary>Columns that each one of the sample stands for beside itself.</summary>
    private readonly double others;

    internal readonly double Top;

    /// <param name="row">Its point is where q is.</param>
    /// <param name="memory">[<see cref="Size"/>], for as long as the estimate is used.</param>
    [SkipLocalsInit]
    internal RowEstimate(in DrawRow row, float* memory)
    {
        exponents = memory;
        weights = memory + Columns;
        ones = weights + Columns;
        double* run = stackalloc double[RunColumns];
        nint columns = row.Row.Columns, runs = nint.Min(Columns, columns + RunColumns - 1) / RunColumns;
        bool isWhole = columns <= runs * RunColumns;
        nint apart = isWhole ? RunColumns : (columns - RunColumns) / (runs - 1);
        for (nint i = 0; i < runs; i++)
        {
            int width = (int)nint.Min(RunColumns, columns - (i * apart));
            WidePoint.Exponents(row.Row, i * apart, width, row.Point, run);
            for (int j = 0; j < RunColumns; j++)
            {
                exponents[count++] = j < width ? (float)run[j] : float.NegativeInfinity;
            }
        }

        others = isWhole ? 0 : ((double)columns / count) - 1;
        Candidates.Weigh(exponents, weights, count);
        mass = Candidates.SumFrom(exponents, weights, count, TruncatingSweep.LowestExponent);
        Top = Candidates.Largest(exponents, count);
        new Span<float>(ones, count).Fill(1);
    }

    /// <summary>An exponent that, so many standard errors allowing, there is as much at and above as wanted.</summary>
    internal readonly double LowerBound(double wanted, double errors, bool byMass)
    {
        double step = FirstStep, low = Top;
        while (low > TruncatingSweep.LowestExponent && Amount(low, -errors, byMass) < wanted)
        {
            low = Top - step;
            step *= 2;
        }

        double high = Math.Min(Top, low + (step / 4));
        while (high - low > Resolution)
        {
            double middle = (low + high) / 2;
            (low, high) = Amount(middle, -errors, byMass) >= wanted ? (middle, high) : (low, middle);
        }

        return low;
    }

    /// <summary>An exponent above <paramref name="low"/> that there is less at and above; +∞ where the sample does not know of one.</summary>
    internal readonly double UpperBound(double wanted, double errors, bool byMass, double low)
    {
        double step = FirstStep, high = low + step;
        while (high <= Top && Amount(high, errors, byMass) >= wanted)
        {
            step *= 2;
            high = low + step;
        }

        if (Amount(high, errors, byMass) >= wanted)
        {
            return double.PositiveInfinity;
        }

        double from = high - (step / 2);
        while (high - from > Resolution)
        {
            double middle = (from + high) / 2;
            (from, high) = Amount(middle, errors, byMass) < wanted ? (from, middle) : (middle, high);
        }

        return high;
    }

    /// <summary>
    /// The estimate, and so many standard errors. Mass is estimated by what is below, of which no token has more than 2^bound: q sums to 1, and what
    /// the heaviest tokens have, a sample would not know.
    /// </summary>
    private readonly double Amount(double bound, double errors, bool byMass)
    {
        double above = Candidates.SumFrom(exponents, byMass ? weights : ones, count, bound);
        if (!byMass)
        {
            double number = above * (others + 1);
            return number + (errors * Math.Sqrt(others * (number + others)));
        }

        double below = Math.Max(0, mass - above) * (others + 1);
        return 1 - below + (errors * Math.Sqrt(others * double.Exp2(bound) * below));
    }
}
