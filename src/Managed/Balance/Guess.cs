using System;

namespace Equipoise.Balance;

/// <summary>A predicted point of the path.</summary>
internal struct Guess
{
    internal double Alpha;

    internal double LogZ;

    internal double Variance;

    /// <summary>E_q[ℓ].</summary>
    internal double Mean;

    /// <summary>Newton's error is squared by every step: what follows a step this small is lost in rounding.</summary>
    private const double LastStep = 1e-8;

    /// <summary>The criterion's root on an interpolant, by safeguarded Newton: scalar work.</summary>
    internal static Guess Root<TPath, TCriterion>(in TPath path, TCriterion criterion)
        where TPath : struct, IPath
        where TCriterion : struct, ICriterion
    {
        Bracket bracket = Bracket.Unit;
        double alpha = 0.5, step = 0;
        PathValues at = default;
        for (int i = 0; i < 40; i++)
        {
            at = path.At(alpha);
            double value = criterion.Function(alpha, at), descent = criterion.Slope(alpha, at);

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

        return new Guess
        {
            Alpha = Math.Min(Math.Max(alpha + step, 0), 1),
            LogZ = at.LogZ - (at.Mean * step),
            Mean = at.Mean - (at.Variance * step),
            Variance = at.Variance,
        };
    }

    /// <summary>The interpolant at a given α.</summary>
    internal static Guess At(in HermiteInterpolant path, double alpha)
    {
        double logZ = path.Evaluate(alpha, out _, out double curvature);
        return new Guess { Alpha = alpha, LogZ = logZ, Variance = curvature };
    }
}
