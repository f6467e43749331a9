using System;

namespace Equipoise.Balance;

/// <summary>A predicted point of the path.</summary>
internal struct Guess
{
    internal double Alpha;

    internal double LogZ;

    internal double Variance;

    /// <summary>Newton's error is squared by every step: what follows a step this small is lost in rounding.</summary>
    private const double LastStep = 1e-8;

    /// <summary>The criterion's root on the Hermite interpolant, by safeguarded Newton: scalar work.</summary>
    internal static Guess Root<TCriterion>(in HermiteInterpolant path, TCriterion criterion)
        where TCriterion : struct, ICriterion
    {
        Bracket bracket = Bracket.Unit;
        double alpha = 0.5, logZ = 0, slope = 0, curvature = 0, step = 0;
        for (int i = 0; i < 40; i++)
        {
            logZ = path.Evaluate(alpha, out slope, out curvature);
            double value = criterion.Function(alpha, logZ, -slope), descent = criterion.Slope(alpha, -slope, curvature);

            // Asked before the bracket, which a root met to the last bit would bisect.
            step = -value / descent;
            if (descent < 0 && Math.Abs(step) < LastStep)
            {
                break;
            }

            bracket.Narrow(alpha, value);
            alpha = bracket.Next(alpha, value, descent);
            step = 0;
        }

        return new Guess { Alpha = Math.Clamp(alpha + step, 0, 1), LogZ = logZ + (slope * step), Variance = curvature };
    }

    /// <summary>The interpolant at a given α.</summary>
    internal static Guess At(in HermiteInterpolant path, double alpha)
    {
        double logZ = path.Evaluate(alpha, out _, out double curvature);
        return new Guess { Alpha = alpha, LogZ = logZ, Variance = curvature };
    }
}
