using System;

namespace Equipoise.Sampling;

/// <summary>
/// The generalised Pareto distribution of excesses: Zhang and Stephens' estimate (Technometrics 51 (2009) 316), its shape drawn a little towards ½ as
/// Vehtari et al. (2024) do.
/// </summary>
internal static unsafe class GeneralizedPareto
{
    private const double PriorScale = 3;
    private const double PriorShape = 0.5;
    private const double PriorWeight = 10;

    internal static nint ScratchBytes(long count) => checked((nint)(2 * Candidates(count) * sizeof(double)));

    /// <summary>The shape, and by <paramref name="scale"/> the scale, of ascending excesses ≥ 0; +∞ where they cannot be told apart.</summary>
    internal static double Fit(double* excesses, int count, double* scratch, out double scale)
    {
        scale = 0;
        double quartile = excesses[(int)Math.Floor((count / 4.0) + 0.5) - 1], largest = excesses[count - 1];
        if (!(quartile > 0) || largest - excesses[0] <= 1e-14 * largest)
        {
            return double.PositiveInfinity;
        }

        int candidates = (int)Candidates(count);
        double* thetas = scratch, likelihoods = scratch + candidates;
        for (int j = 0; j < candidates; j++)
        {
            thetas[j] = (1 / largest) + ((1 - Math.Sqrt(candidates / (j + 0.5))) / PriorScale / quartile);
            double shapeThere = Shape(excesses, count, thetas[j]);
            likelihoods[j] = count * (Math.Log(-thetas[j] / shapeThere) - shapeThere - 1);
        }

        double theta = Mean(thetas, likelihoods, candidates), shape = Shape(excesses, count, theta);
        scale = -shape / theta;
        return ((shape * count) + (PriorShape * PriorWeight)) / (count + PriorWeight);
    }

    internal static double Quantile(double p, double shape, double scale)
    {
        double exponent = -Log1P(-p);
        return Math.Abs(shape) < 1e-12 ? scale * exponent : scale * ExpM1(shape * exponent) / shape;
    }

    private static long Candidates(long count) => 30 + (long)Math.Sqrt(count);

    private static double Shape(double* excesses, int count, double theta)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Log1P(-theta * excesses[i]);
        }

        return sum / count;
    }

    /// <summary>The mean of the candidates under their profile likelihood.</summary>
    private static double Mean(double* thetas, double* likelihoods, int candidates)
    {
        double largest = likelihoods[0], mass = 0, sum = 0;
        for (int j = 1; j < candidates; j++)
        {
            largest = Math.Max(largest, likelihoods[j]);
        }

        for (int j = 0; j < candidates; j++)
        {
            double weight = Math.Exp(likelihoods[j] - largest);
            mass += weight;
            sum += weight * thetas[j];
        }

        return sum / mass;
    }

    /// <summary>ln(1 + x) to the last digits for small x, too (Kahan).</summary>
    private static double Log1P(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : double.IsInfinity(sum) ? sum : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>e^x − 1, likewise.</summary>
    private static double ExpM1(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power - 1 == -1 ? -1 : double.IsInfinity(power) ? power : (power - 1) * (x / Math.Log(power));
    }
}
