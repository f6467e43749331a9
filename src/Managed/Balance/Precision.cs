using System;

namespace Equipoise.Balance;

/// <summary>When a point is good enough for the arithmetic that found it, and for the tolerance.</summary>
internal static class Precision
{
    /// <summary>f32 can settle a row down to this tolerance.</summary>
    internal const double FinestF32 = 1e-7;

    /// <summary>The writing sweep confirms its point: q is normalised, and the Newton step left would not move it.</summary>
    internal static bool IsSettled(bool isF64, double weight, double step, double variance, double tolerance)
    {
        // A variance that was predicted as 0 or less, or that is NaN, vouches for nothing.
        double distance = variance > 0 || step == 0 ? step * step * variance : double.NaN;
        return isF64
            ? distance < 1e-26 && Math.Abs(weight - 1) < 3e-14
            : distance < 1e-13 && Math.Abs(weight - 1) < 5e-7 && tolerance >= FinestF32;
    }

    /// <summary>The criterion is met within the tolerance, relative to max(1, KL).</summary>
    internal static bool IsClose(double value, double logZ, double tolerance) => Math.Abs(value) <= tolerance * Math.Max(1, -logZ);

    /// <summary>What f64 cannot tell from 0 in E_q[ℓ]: the rounding of α, of the logarithms of both masses, and of log Z.</summary>
    internal static double Rounding(double variance, double kappa, double logZ) => 2.2e-16 * (variance + (8 * (1 + Math.Abs(kappa) + Math.Abs(logZ))));

    /// <summary>
    /// The reading sweep alone answers within the tolerance. What the outer curvatures change in the interpolant bounds, by far, what is still
    /// missing from it; a difference of two roots would not, since those can agree by accident.
    /// </summary>
    internal static bool IsPredicted<TCriterion>(in HermiteInterpolant path, in Guess guess, TCriterion criterion, double tolerance)
        where TCriterion : struct, IKlCriterion
    {
        double limit = 2e-7 * Math.Min(1, tolerance / 1e-6), doubt = path.Doubt(guess.Alpha, out double slope);
        double steepness = -criterion.Slope(guess.Alpha, new PathValues { LogZ = guess.LogZ, Mean = guess.Mean, Variance = guess.Variance });
        return criterion.Doubt(guess.Alpha, doubt, slope) < limit * steepness && doubt < limit && tolerance >= FinestF32;
    }

    /// <summary>The interpolants of lower and of full degree agree well enough for the guess to be worth a sweep that only confirms it.</summary>
    internal static bool IsLikely(in HermiteInterpolant path, in Guess guess)
    {
        path.Doubt(guess.Alpha, out double slope);
        return slope < 1e-2 * guess.Variance;
    }
}

/// <summary>log Z is convex: it lies above its tangents at the nodes and below the chords between them.</summary>
internal static class Envelope
{
    private const double Slack = 1e-4;

    /// <summary>Where tangents and chords leave this much room, the path has corners that no polynomial follows.</summary>
    private const double LargestGap = 3;

    internal static bool Contains(in PathNodes n, in Guess guess)
    {
        double a = guess.Alpha;
        double low = Math.Max(
            n.Value0 + (a * n.Slope0), Math.Max(n.ValueHalf + ((a - 0.5) * n.SlopeHalf), n.Value1 + ((a - 1) * n.Slope1)));
        double high = a < 0.5 ? n.Value0 + (2 * a * (n.ValueHalf - n.Value0)) : n.ValueHalf + (2 * (a - 0.5) * (n.Value1 - n.ValueHalf));
        return guess.LogZ >= low - Slack && guess.LogZ <= high + Slack && high - low < LargestGap;
    }
}
