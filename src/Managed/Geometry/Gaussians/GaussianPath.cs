using System;

namespace Equipoise.Geometry;

/// <summary>
/// The path between two Gaussians in coordinates in which the policy is N(0, 1) and the target N(m, 1/p) in each: everything is a sum over
/// coordinates there. t = p − 1, so that policies which nearly agree lose no digits.
/// </summary>
internal readonly ref struct GaussianPath(ReadOnlySpan<double> shift, ReadOnlySpan<double> excess)
{
    /// <summary>m.</summary>
    private readonly ReadOnlySpan<double> shift = shift;

    /// <summary>t.</summary>
    private readonly ReadOnlySpan<double> excess = excess;

    /// <summary>P_α = α + (1 − α) p of a coordinate.</summary>
    internal double Precision(int i, double alpha) => 1 + ((1 - alpha) * excess[i]);

    /// <summary>μ_α of a coordinate.</summary>
    internal double Mean(int i, double alpha) => (1 - alpha) * (1 + excess[i]) / Precision(i, alpha) * shift[i];

    /// <summary>log Z at any real α; +∞ where the integral diverges.</summary>
    internal double LogZ(double alpha)
    {
        double sum = 0;
        for (int i = 0; i < shift.Length; i++)
        {
            double precision = Precision(i, alpha);
            if (!(precision > 0))
            {
                return double.PositiveInfinity;
            }

            double between = alpha * (1 - alpha) * (1 + excess[i]) / precision * shift[i] * shift[i];
            sum += ((1 - alpha) * double.LogP1(excess[i])) - double.LogP1((1 - alpha) * excess[i]) - between;
        }

        return 0.5 * sum;
    }

    /// <summary>E_q[ℓ] and Var_q[ℓ] of the quadratic ℓ = log π_t − log π_θ at α in [0, 1], and what rounding may do to the mean.</summary>
    internal void Moments(double alpha, out double mean, out double variance, out double noise)
    {
        double sum = 0, squares = 0, sizes = 0, other = 1 - alpha;
        for (int i = 0; i < shift.Length; i++)
        {
            double precision = Precision(i, alpha), share = (1 + excess[i]) / precision, bend = excess[i] / precision;
            double square = shift[i] * shift[i], log = double.LogP1(excess[i]);
            double pull = square * share * ((other * other * share) - (alpha * alpha / precision));
            sum += log - bend + pull;
            sizes += Math.Abs(log) + Math.Abs(bend) + (square * share * ((other * other * share) + (alpha * alpha / precision)));
            squares += (0.5 * bend * bend) + (share * share / precision * square);
        }

        mean = 0.5 * sum;
        variance = squares;
        noise = Math.ScaleB(sizes, -52);
    }
}
