using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>
/// The threshold of <see cref="Truncation"/> by f32 sweeps: a sample of the row says about where it is, one sweep sums what is above and
/// keeps the few tokens near it, and f64 exponents decide among those that f32 cannot tell apart.
/// </summary>
internal unsafe ref struct ThresholdSearch
{
    /// <summary>Standard errors of the sample that the first bracket allows for, and how many times as many each further one.</summary>
    private const double FewErrors = 2.5;
    private const double MoreErrors = 4;
    private const int MostAttempts = 3;

    /// <summary>Of q, that top-p leaves out at least: with less, f32 sums could not tell.</summary>
    private const double LeastLeftOut = 1e-5;

    /// <summary>What an f32 exponent may miss, in units of its terms.</summary>
    private const double Rounding = 1.0 / (1 << 21);

    /// <summary>Terms of an exponent whose logarithms were taken in f32, at most.</summary>
    private const double LargestLogarithm = 256;

    /// <summary>Tokens that f64 decides on at most; more of them are ties in all likelihood.</summary>
    private const int Capacity = 2048;

    private const int MostHalvings = 60;
    private const int HalvingsAtOnce = 3;

    private readonly ref DrawRow row;
    private readonly delegate*<in RowPair, in PathPoint, double*, ref Candidates, bool> sweep;
    private readonly double* edge;
    private RowEstimate estimate;
    private Candidates candidates;
    private bool byMass;

    private ThresholdSearch(ref DrawRow row, in MassKernels kernels, in RowEstimate estimate, double* edge, byte* memory)
    {
        this.row = ref row;
        this.estimate = estimate;
        this.edge = edge;
        sweep = kernels.Truncate;
        candidates.Use(memory, row.ChunkCount);
    }

    internal static nint SizeOf(nint columns) => Candidates.SizeOf(Chunks.CountOf(columns));

    /// <summary>Whether f32 can tell.</summary>
    internal static bool Serves(in PathPoint point, in SampleOptions options) =>
        point.ThetaFactor >= 0 && point.TargetFactor >= 0 && (options.TopP == 1 || options.TopP <= 1 - LeastLeftOut);

    /// <summary>Finds the row's threshold, and its masses from there up.</summary>
    /// <returns>False where that takes <see cref="Truncation"/>.</returns>
    [SkipLocalsInit]
    internal static bool TryFind(ref DrawRow row, in SampleOptions options, in MassKernels kernels, byte* memory)
    {
        float* sample = stackalloc float[RowEstimate.Size];
        double* edge = stackalloc double[Capacity + Chunks.GroupColumns];
        return new ThresholdSearch(ref row, kernels, new RowEstimate(row, sample), edge, memory).Run(options);
    }

    private bool Run(in SampleOptions options)
    {
        double least = double.NegativeInfinity;
        if (options.MinP > 0)
        {
            if (!TryFindTop(out double top))
            {
                return false;
            }

            least = top + Math.Log2(options.MinP);
        }

        // The fewest tokens with a share of what top-k leaves are the fewest with that much of q.
        double share = options.TopP;
        if (options.TopK > 0 && options.TopK < row.Row.Columns)
        {
            if (!Select(options.TopK, isMass: false))
            {
                return false;
            }

            share *= row.Sum() / candidates.Total;
        }

        bool isFound = options.TopP == 1 || Select(share, isMass: true);
        return isFound && (row.Threshold >= least || CutAt(least));
    }

    /// <summary>The largest exponent at and above which there is so much of the row, and the masses from there up.</summary>
    private bool Select(double wanted, bool isMass)
    {
        byMass = isMass;
        double errors = FewErrors, low = estimate.LowerBound(wanted, errors, byMass), high = estimate.UpperBound(wanted, errors, byMass, low);
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            double room = 4 * Slack(low);
            if (!Sweep(Math.Max(low, row.Threshold) - room, high + room))
            {
                return false;
            }

            Weigh();
            double target = byMass ? wanted * candidates.Total : wanted, above = candidates.AmountAbove;
            bool isHigher = above >= target;
            if (!isHigher && above + Amount(candidates.Low) >= target)
            {
                return TrySettle(above, target);
            }

            // The sample was wrong, but the side on which it was is known now.
            errors *= MoreErrors;
            (low, high) = isHigher ? (high, estimate.UpperBound(wanted, errors, byMass, high)) : (estimate.LowerBound(wanted, errors, byMass), low);
        }

        return false;
    }

    /// <summary>The threshold is among the candidates.</summary>
    private bool TrySettle(double above, double target)
    {
        double slack = Slack(candidates.Low), largest = Candidates.Largest(candidates.Exponents, candidates.Count);
        double from = candidates.Low, to = Math.Min(candidates.High, largest + (4 * slack));
        Narrow(ref from, ref to, above, target, slack);
        bool isInside = from - (2 * slack) >= candidates.Low && to + (2 * slack) <= candidates.High;
        return isInside && Decide(from - slack, to + slack, slack, target);
    }

    /// <summary>
    /// Halves the range of exponents in which the amount passes the wanted one. After every few halvings only the candidates in the range are kept, in
    /// room of their own.
    /// </summary>
    private readonly void Narrow(ref double from, ref double to, double above, double wanted, double width)
    {
        float* exponents = candidates.Exponents, weights = candidates.Weights;
        int count = candidates.Count;
        for (int i = 1; i < MostHalvings && to - from > width; i++)
        {
            double middle = (from + to) / 2;
            (from, to) = above + Candidates.SumFrom(exponents, weights, count, middle) >= wanted ? (middle, to) : (from, middle);
            if (i % HalvingsAtOnce == 0)
            {
                above += Candidates.SumFrom(exponents, weights, count, to);
                count = Candidates.Keep(candidates, exponents, weights, count, from, to);
                exponents = candidates.KeptExponents;
                weights = candidates.KeptWeights;
            }
        }
    }

    /// <summary>Sorts the tokens on the edge by f64 exponents, of which the wanted one has its own in the range.</summary>
    private bool Decide(double low, double high, double slack, double target)
    {
        int edges = Candidates.FindEdges(candidates, low - slack, high + slack), count = 0;
        double above = candidates.AmountAbove + Amount(high + slack);
        if (byMass)
        {
            Candidates.AddTo(candidates, row.Masses, row.ChunkCount, high + slack);
        }

        for (int i = 0; i < edges; i++)
        {
            int chunk = candidates.Edges[i];
            above -= byMass ? row.Masses[chunk] : candidates.Above[chunk] + AmountOf(chunk, high + slack);
            if (!Split(chunk, low, high, ref above, ref count))
            {
                return false;
            }
        }

        if (count == 0)
        {
            return false;
        }

        row.Threshold = Truncation.Walk(new(edge, count), above, target, byMass);
        if (!byMass)
        {
            Candidates.Weigh(candidates.Exponents, candidates.Weights, candidates.Count);
            Candidates.AddTo(candidates, row.Masses, row.ChunkCount, high + slack);
        }

        SumEdges(edges);
        return true;
    }

    /// <summary>The tokens at and above a threshold that is known.</summary>
    private bool CutAt(double threshold)
    {
        double slack = Slack(threshold);
        if (!Sweep(threshold - (2 * slack), threshold + (2 * slack)))
        {
            return false;
        }

        row.Threshold = threshold;
        SumEdges(Candidates.FindEdges(candidates, candidates.Low, candidates.High));
        return true;
    }

    /// <summary>The largest f64 exponent: what the sample has seen narrows down where it is.</summary>
    private bool TryFindTop(out double top)
    {
        top = double.NegativeInfinity;
        double slack = Slack(estimate.Top);
        if (!Sweep(estimate.Top - (2 * slack), double.PositiveInfinity))
        {
            return false;
        }

        double largest = Candidates.Largest(candidates.Exponents, candidates.Count);
        int edges = Candidates.FindEdges(candidates, largest - (2 * slack), largest);
        for (int i = 0; i < edges; i++)
        {
            top = Math.Max(top, row.LargestOf(candidates.Edges[i]));
        }

        return edges > 0;
    }

    /// <summary>Of a chunk, exponents in the range to <see cref="edge"/> and what is above to the sum.</summary>
    [SkipLocalsInit]
    private readonly bool Split(int chunk, double low, double high, ref double above, ref int count)
    {
        double* exponents = stackalloc double[Chunks.Columns];
        int width = row.Exponents(chunk, exponents);
        if (count + width > Capacity)
        {
            return false;
        }

        count += WidePoint.Between(exponents, width, low, high, edge + count);
        if (!byMass)
        {
            above += WidePoint.Between(exponents, width, Math.BitIncrement(high), double.PositiveInfinity, exponents);
            return true;
        }

        WidePoint.Weights(exponents, width, Math.BitIncrement(high));
        above += WidePoint.Sum(exponents, width);
        return true;
    }

    /// <summary>Chunks on the edge are summed in f64.</summary>
    private readonly void SumEdges(int edges)
    {
        for (int i = 0; i < edges; i++)
        {
            row.Masses[candidates.Edges[i]] = row.MassOf(candidates.Edges[i]);
        }
    }

    private bool Sweep(double low, double high)
    {
        candidates.IsCounted = !byMass;
        candidates.Low = Math.Max(TruncatingSweep.LowestExponent, (float)low);
        candidates.High = (float)high;
        return sweep(row.Row, row.Point, row.Masses, ref candidates);
    }

    private readonly void Weigh()
    {
        if (byMass)
        {
            Candidates.Weigh(candidates.Exponents, candidates.Weights, candidates.Count);
        }
        else
        {
            new Span<float>(candidates.Weights, candidates.Count).Fill(1);
        }
    }

    private readonly double Amount(double from) => Candidates.SumFrom(candidates.Exponents, candidates.Weights, candidates.Count, from);

    private readonly double AmountOf(int chunk, double from)
    {
        int begin = candidates.Before[chunk];
        return Candidates.SumFrom(candidates.Exponents + begin, candidates.Weights + begin, candidates.Before[chunk + 1] - begin, from);
    }

    /// <summary>How far an f32 exponent may be from that in f64.</summary>
    private readonly double Slack(double exponent) =>
        Rounding * (Math.Abs(row.Point.Offset) + Math.Abs(exponent) + (row.Row.Scores == Scores.Probs ? LargestLogarithm : 0));
}
