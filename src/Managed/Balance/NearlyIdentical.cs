using System;

namespace Equipoise.Balance;

/// <summary>
/// Two policies that nearly agree. Differences of log Z then drown in rounding, but the cumulants κ_n of d at α = ½ do not:
/// log Z(½ + s) = κ2 (s² − ¼)/2 − κ3 (s³ − s/4)/6 + κ4 (s⁴ − 1/16)/24 − …, whose minimum lies at s = −κ3/(24 κ2).
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
        if (typeof(TCriterion) != typeof(KlSymmetry) || !(fourth / second < LargestSpread))
        {
            result = default;
            return false;
        }

        double s = -third / (24 * second), alpha = 0.5 + s;
        double logZ = (0.5 * second * ((s * s) - 0.25)) - (third * ((s * s * s) - (s / 4)) / 6) - ((fourth - (3 * second * second)) / 384);
        result = new RowResult { Alpha = alpha, LogZ = logZ, Point = state->PointAt(alpha, logZ), Iterations = iterations };
        return true;
    }
}
