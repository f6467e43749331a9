using System;

namespace Equipoise.Balance;

/// <summary>
/// Two policies that nearly agree. Differences of log Z then drown in rounding, but the cumulants κ_n of d at α = ½ do not
/// (<see cref="CumulantSeries"/>); the minimum of log Z lies at s = −κ3/(24 κ2).
/// </summary>
internal static unsafe class NearlyIdentical
{
    /// <summary>Worth trying below this variance of ℓ.</summary>
    internal const double LargestVariance = 1e-6;

    /// <summary>κ4-like share of the fourth moment below which what the series leaves out is below 1e-13.</summary>
    private const double LargestSpread = 3e-7;

    /// <summary>ℓ varies by no more than the rounding of scores near 1 in f64.</summary>
    private const double SmallestVariance = 1e-28;

    internal static bool TrySolve<TCriterion>(
        RowState* state, in PathNodes nodes, TCriterion criterion, ref int iterations, out RowResult result)
        where TCriterion : struct, ICriterion
    {
        double middle = state->Kappa - nodes.SlopeHalf;
        CentralSums sums = RowState.Central(state, state->PointAt(0.5, nodes.ValueHalf), middle);
        iterations++;
        double shift = sums.First / sums.Weight, second = (sums.Second / sums.Weight) - (shift * shift);
        if (second <= SmallestVariance)
        {
            result = new RowResult { Status = RowStatus.Identical, Alpha = 0.5, Point = state->PointAt(1, 0), Iterations = iterations };
            return true;
        }

        double third = (sums.Third / sums.Weight) - (3 * shift * second) - (shift * shift * shift), fourth = sums.Fourth / sums.Weight;
        if (!(fourth / second < LargestSpread))
        {
            result = default;
            return false;
        }

        double kurtosis = fourth - (3 * second * second);
        result = typeof(TCriterion) == typeof(KlSymmetry)
            ? Symmetric(state, second, third, kurtosis)
            : Root(state, criterion, new CumulantSeries(second, third, kurtosis));
        result.Iterations = iterations;
        return true;
    }

    /// <summary>The root in closed form.</summary>
    private static RowResult Symmetric(RowState* state, double second, double third, double kurtosis)
    {
        double s = -third / (24 * second), alpha = 0.5 + s;
        double logZ = (0.5 * second * ((s * s) - 0.25)) - (third * ((s * s * s) - (s / 4)) / 6) - (kurtosis / 384);
        return new RowResult { Alpha = alpha, LogZ = logZ, Point = state->PointAt(alpha, logZ) };
    }

    private static RowResult Root<TCriterion>(RowState* state, TCriterion criterion, in CumulantSeries path)
        where TCriterion : struct, ICriterion
    {
        Guess guess = Guess.Root(path, criterion);
        return new RowResult { Alpha = guess.Alpha, LogZ = guess.LogZ, Mean = guess.Mean, Point = state->PointAt(guess.Alpha, guess.LogZ) };
    }
}
