namespace Equipoise.Balance;

/// <summary>
/// The cumulants κ_n of d at α = ½, of two policies that nearly agree, and the minimum of their <see cref="CumulantSeries"/>, at s = −κ3/(24 κ2). Scalar and free of memory, so that GPU kernels can share it.
/// </summary>
internal struct Cumulants
{
    /// <summary>Worth trying below this variance of ℓ.</summary>
    internal const double LargestVariance = 1e-6;

    /// <summary>κ4-like share of the fourth moment below which what the series leaves out is below 1e-13.</summary>
    private const double LargestSpread = 3e-7;

    /// <summary>ℓ varies by no more than the rounding of scores near 1 in f64.</summary>
    private const double SmallestVariance = 1e-28;

    internal double Second;
    internal double Third;
    private double fourthMoment;

    /// <summary>From the weighted sums of the powers of d − centre.</summary>
    internal static Cumulants Of(double weight, double first, double second, double third, double fourth)
    {
        double shift = first / weight;
        Cumulants result = default;
        result.Second = (second / weight) - (shift * shift);
        result.Third = (third / weight) - (3 * shift * result.Second) - (shift * shift * shift);
        result.fourthMoment = fourth / weight;
        return result;
    }

    /// <summary>The policies are identical but for rounding.</summary>
    internal readonly bool IsFlat => Second <= SmallestVariance;

    /// <summary>What the series leaves out is negligible.</summary>
    internal readonly bool IsConvergent => fourthMoment / Second < LargestSpread;

    internal readonly double Fourth => fourthMoment - (3 * Second * Second);

    /// <summary>The Chernoff point.</summary>
    internal readonly double Alpha => 0.5 - (Third / (24 * Second));

    /// <summary>log Z there.</summary>
    internal readonly double LogZ
    {
        get
        {
            double s = Alpha - 0.5;
            return (0.5 * Second * ((s * s) - 0.25)) - (Third * ((s * s * s) - (s / 4)) / 6) - (Fourth / 384);
        }
    }
}
