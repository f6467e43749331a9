namespace Equipoise.Balance;

/// <summary>
/// A point of the path as the root of a function that decreases in α. One small struct per criterion; the guess and the safeguarded step
/// serve all.
/// </summary>
internal interface ICriterion
{
    /// <summary>Positive below the root. <paramref name="mean"/> is E_q[ℓ].</summary>
    double Function(double alpha, double logZ, double mean);

    /// <summary>Its derivative in α, ≤ 0.</summary>
    double Slope(double alpha, double mean, double variance);
}

/// <summary>KL(q‖π_θ) = KL(q‖π_t), that is E_q[ℓ] = 0.</summary>
internal readonly struct KlSymmetry : ICriterion
{
    public double Function(double alpha, double logZ, double mean) => mean;

    public double Slope(double alpha, double mean, double variance) => -variance;
}
