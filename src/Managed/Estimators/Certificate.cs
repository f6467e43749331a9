using System;

namespace Equipoise.Estimators;

/// <summary>Measures a table: its bias and its variance for every probability p of an answer that was sampled.</summary>
internal static unsafe class Certificate
{
    /// <summary>How far the measured bias may exceed what the program was asked for.</summary>
    private const double Excess = 0.01;

    internal static RewardCertificate Of(double* h, int k, in RewardTableOptions options)
    {
        RewardCertificate found = new() { StructSize = (nuint)sizeof(RewardCertificate), MaxAbs = MaxAbs(h, k) };
        Bernstein binomial = new(k - 1);
        double variances = 0;
        for (int i = 0; i <= Grid.Angles; i++)
        {
            double p = Grid.Angle(i);
            double variance = Measure(binomial, h, p, options, ref found);
            variances += Grid.Weight(i) * variance;
        }

        for (int i = 0; i < Grid.Logarithms; i++)
        {
            Measure(binomial, h, Grid.Logarithm(i), options, ref found);
        }

        found.MeanVariance = variances;
        if (options.Kind is RewardKind.Minimax or RewardKind.Aqp)
        {
            found.LeastBias = Minimax.LeastBias(k);
            double bound = options.Kind == RewardKind.Minimax ? found.LeastBias : options.Rho * HarmonicBias(k);
            found.SolverStatus = found.Bias <= bound * (1 + Excess) ? SolverStatus.Optimal : SolverStatus.Unstable;
        }

        return found;
    }

    /// <summary>β of the harmonic table.</summary>
    internal static double HarmonicBias(int k)
    {
        double* h = stackalloc double[k + 1];
        ClosedForms.Harmonic(k, h);
        return Of(h, k, RewardTableOptions.Default).Bias;
    }

    /// <summary>What the table estimates.</summary>
    internal static double Target(double p, in RewardTableOptions options) => options.Kind switch
    {
        RewardKind.Power => Math.Pow(p, options.M),
        RewardKind.Tsallis => ((options.S * Math.Pow(p, options.S - 1)) - 1) / (options.S - 1),
        _ => Math.Log(p),
    };

    private static double Measure(Bernstein binomial, double* h, double p, in RewardTableOptions options, ref RewardCertificate found)
    {
        binomial.Moments(h + 1, p, out double mean, out double variance);
        double bias = p == 0 ? 0 : p * Math.Abs(mean - Target(p, options));
        found.Bias = Math.Max(found.Bias, bias);
        found.MaxVariance = Math.Max(found.MaxVariance, variance);
        return variance;
    }

    private static double MaxAbs(double* h, int k)
    {
        double largest = 0;
        for (int c = 1; c <= k; c++)
        {
            largest = Math.Max(largest, Math.Abs(h[c]));
        }

        return largest;
    }
}
