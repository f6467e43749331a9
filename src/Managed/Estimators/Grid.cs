using System;

namespace Equipoise.Estimators;

/// <summary>
/// The probabilities at which tables are measured: even in the angle of p = sin²(θ/2), as the extremes of best approximations are, and log-spaced
/// besides, for what happens near 0.
/// </summary>
internal static class Grid
{
    /// <summary>Steps of the angle; even, for Simpson's rule.</summary>
    internal const int Angles = 4096;

    /// <summary>Points from <see cref="Smallest"/> to 1.</summary>
    internal const int Logarithms = 4096;

    private const double Smallest = 1e-9;

    internal static double Angle(int i)
    {
        double sine = Math.Sin(Math.PI / 2 * i / Angles);
        return i == Angles ? 1 : sine * sine;
    }

    /// <summary>Weights of ∫₀¹ dp by Simpson's rule in the angle: dp = ½ sin θ dθ.</summary>
    internal static double Weight(int i)
    {
        double simpson = i is 0 or Angles ? 1 : i % 2 == 1 ? 4 : 2;
        return simpson / 3 * (Math.PI / Angles) * 0.5 * Math.Sin(Math.PI * i / Angles);
    }

    internal static double Logarithm(int i) => Math.Pow(Smallest, 1 - ((double)i / (Logarithms - 1)));
}
