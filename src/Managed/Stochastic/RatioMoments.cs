using System;

namespace Equipoise.Stochastic;

/// <summary>Weighted moments of one row's log-ratios in one update.</summary>
internal struct RatioMoments
{
    internal double Count;

    /// <summary>The sum of the weights, in units of e^<see cref="Scale"/>.</summary>
    internal double Mass;
    internal double Scale;
    internal double Mean;
    internal double Squares;

    /// <summary>Of samples from q itself: weights 1.</summary>
    internal static unsafe bool TryOf(double* ratios, long count, out RatioMoments moments)
    {
        moments = new() { Count = count, Mass = count };
        for (long i = 0; i < count; i++)
        {
            moments.Add(ratios[i], 1, i + 1);
            if (!double.IsFinite(ratios[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Of samples from another policy μ: weights π_θ^α π_t^(1−α)/μ.</summary>
    internal static unsafe bool TryOf(double* logTheta, double* logTarget, double* logMu, long count, double alpha, out RatioMoments moments)
    {
        moments = new() { Count = count, Scale = double.NegativeInfinity };
        for (long i = 0; i < count; i++)
        {
            double weight = LogWeight(logTheta[i], logTarget[i], logMu[i], alpha);
            if (!(weight < double.PositiveInfinity))
            {
                return false;
            }

            moments.Scale = Math.Max(moments.Scale, weight);
        }

        for (long i = 0; i < count; i++)
        {
            double weight = Math.Exp(LogWeight(logTheta[i], logTarget[i], logMu[i], alpha) - moments.Scale);
            if (weight > 0)
            {
                moments.Mass += weight;
                moments.Add(logTarget[i] - logTheta[i], weight, moments.Mass);
            }
        }

        return moments.Mass > 0;
    }

    /// <summary>−∞ where either policy never draws the token; NaN or +∞ for what is no sample of μ.</summary>
    private static double LogWeight(double logTheta, double logTarget, double logMu, double alpha)
    {
        if (!double.IsFinite(logMu) || !(logTheta < double.PositiveInfinity) || !(logTarget < double.PositiveInfinity))
        {
            return double.NaN;
        }

        bool isMasked = double.IsNegativeInfinity(logTheta) || double.IsNegativeInfinity(logTarget);
        return isMasked ? double.NegativeInfinity : (alpha * logTheta) + ((1 - alpha) * logTarget) - logMu;
    }

    private void Add(double ratio, double weight, double mass)
    {
        double apart = ratio - Mean;
        Mean += apart * weight / mass;
        Squares += weight * apart * (ratio - Mean);
    }
}
