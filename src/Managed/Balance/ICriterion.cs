namespace Equipoise.Balance;

/// <summary>
/// What a criterion looks at: the path at α and, for the criteria that weigh samples, reflected at both ends, where log Z makes the ESSs:
/// ESS_θ = 1/(Z(α) Z(2 − α)), ESS_t = 1/(Z(α) Z(−α)).
/// </summary>
internal struct PathValues
{
    internal double LogZ;

    /// <summary>E_q[ℓ] = −(log Z)'.</summary>
    internal double Mean;

    /// <summary>Var_q[ℓ] = (log Z)''.</summary>
    internal double Variance;

    /// <summary>log Z and E[ℓ] at 2 − α; 0 unless the criterion is reflected, as are the next two.</summary>
    internal double LogZBeyond;

    internal double MeanBeyond;

    /// <summary>log Z and E[ℓ] at −α.</summary>
    internal double LogZBefore;

    internal double MeanBefore;
}

/// <summary>log Z as a function of α.</summary>
internal interface IPath
{
    PathValues At(double alpha);
}

/// <summary>
/// A point of the path as the root of a function that decreases in α. One small struct per criterion; the guess, the safeguarded step and
/// both methods serve all. Scalar and free of memory, so that GPU kernels can share it.
/// </summary>
internal interface ICriterion
{
    /// <summary>The function needs the path at 2 − α and −α.</summary>
    bool IsReflected { get; }

    /// <summary>The whole path may meet the criterion, whatever the supports: the answer is then α = 0.</summary>
    bool MayHoldEverywhere { get; }

    /// <summary>The end that the parameters ask for, whatever the row; NaN when they ask for none.</summary>
    double End { get; }

    /// <summary>Positive below the root.</summary>
    double Function(double alpha, in PathValues at);

    /// <summary>Its derivative in α, ≤ 0.</summary>
    double Slope(double alpha, in PathValues at);
}

/// <summary>A criterion of the KLs alone: log Z and its slope at α say all.</summary>
internal interface IKlCriterion : ICriterion
{
    /// <summary>How far off the function is where log Z and its slope are off by this much.</summary>
    double Doubt(double alpha, double logZ, double slope);
}

/// <summary>KL(q‖π_θ) = KL(q‖π_t), that is E_q[ℓ] = 0.</summary>
internal readonly struct KlSymmetry : IKlCriterion
{
    public bool IsReflected => false;

    public bool MayHoldEverywhere => false;

    public double End => double.NaN;

    public double Function(double alpha, in PathValues at) => at.Mean;

    public double Slope(double alpha, in PathValues at) => -at.Variance;

    public double Doubt(double alpha, double logZ, double slope) => slope;
}
