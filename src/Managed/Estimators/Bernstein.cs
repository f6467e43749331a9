using System;

namespace Equipoise.Estimators;

/// <summary>Mean and variance of a table looked up at a binomial count: polynomials in p, in Bernstein's form.</summary>
internal sealed unsafe class Bernstein(int degree)
{
    /// <summary>Probabilities below this share of the largest change no sum.</summary>
    private const double Negligible = 1e-26;

    private readonly double[] weights = new double[degree + 1];

    /// <summary>E and Var of h[Bin(degree, p)].</summary>
    internal void Moments(double* h, double p, out double mean, out double variance)
    {
        Spread(p, out int first, out int last);
        double mass = 0, sum = 0;
        for (int j = first; j <= last; j++)
        {
            mass += weights[j];
            sum += weights[j] * h[j];
        }

        mean = sum / mass;
        double squares = 0;
        for (int j = first; j <= last; j++)
        {
            double apart = h[j] - mean;
            squares += weights[j] * apart * apart;
        }

        variance = squares / mass;
    }

    /// <summary>Multiples of the binomial's probabilities from its mode outwards: no factorial, nothing that over- or underflows.</summary>
    private void Spread(double p, out int first, out int last)
    {
        int mode = Math.Min(degree, (int)((degree + 1) * p));
        first = last = mode;
        weights[mode] = 1;
        double odds = p / (1 - p), weight = 1;
        while (last < degree && weight > Negligible)
        {
            weight *= odds * (degree - last) / (last + 1);
            weights[++last] = weight;
        }

        odds = (1 - p) / p;
        weight = 1;
        while (first > 0 && weight > Negligible)
        {
            weight *= odds * first / (degree - first + 1);
            weights[--first] = weight;
        }
    }
}
