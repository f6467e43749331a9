using System;

namespace Equipoise.Balance;

/// <summary>A predicted point of the path.</summary>
internal struct Guess
{
    internal double Alpha;

    internal double LogZ;

    internal double Variance;

    /// <summary>The criterion's root on the Hermite interpolant, by safeguarded Newton: scalar work.</summary>
    internal static Guess Root<TCriterion>(in HermiteInterpolant path, TCriterion criterion)
        where TCriterion : struct, ICriterion
    {
        Bracket bracket = Bracket.Unit;
        double alpha = 0.5, logZ = 0, slope = 0, curvature = 0;
        for (int i = 0; i < 40; i++)
        {
            logZ = path.Evaluate(alpha, out slope, out curvature);
            double value = criterion.Function(alpha, logZ, -slope);
            bracket.Narrow(alpha, value);
            double next = bracket.Next(alpha, value, criterion.Slope(alpha, -slope, curvature));
            if (Math.Abs(next - alpha) < 1e-13)
            {
                break;
            }

            alpha = next;
        }

        return new Guess { Alpha = alpha, LogZ = logZ, Variance = curvature };
    }

    /// <summary>The interpolant at a given α.</summary>
    internal static Guess At(in HermiteInterpolant path, double alpha)
    {
        double logZ = path.Evaluate(alpha, out _, out double curvature);
        return new Guess { Alpha = alpha, LogZ = logZ, Variance = curvature };
    }
}
