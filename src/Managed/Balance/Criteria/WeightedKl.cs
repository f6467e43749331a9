using System;

namespace Equipoise.Balance;

/// <summary>w_θ KL(q‖π_θ) = w_t KL(q‖π_t).</summary>
internal readonly struct WeightedKl : IKlCriterion
{
    /// <summary>Larger weights ask for no smaller errors: only their ratio matters.</summary>
    private const double LargestWeight = 100;

    private readonly double theta;
    private readonly double target;

    /// <summary>Only the ratio of the weights matters: the larger one is 1 here, so that rounding is that of the KLs.</summary>
    internal WeightedKl(double theta, double target)
    {
        Scale = Math.Max(theta, target);
        this.theta = theta / Scale;
        this.target = target / Scale;
    }

    /// <summary>The larger weight, which the function is without.</summary>
    internal double Scale { get; }

    /// <summary>The function's, for a tolerance of the residual, which has the caller's weights.</summary>
    internal double Tolerance(double ofResidual) => ofResidual / Math.Min(Math.Max(Scale, 1), LargestWeight);

    public bool IsReflected => false;

    public bool MayHoldEverywhere => false;

    public double End => target == 0 ? 1 : theta == 0 ? 0 : double.NaN;

    public double Function(double alpha, in PathValues at) => (at.Mean * Weight(alpha)) - (at.LogZ * (theta - target));

    public double Slope(double alpha, in PathValues at) => -at.Variance * Weight(alpha);

    public double Doubt(double alpha, double logZ, double slope) => (slope * Weight(alpha)) + (logZ * Math.Abs(theta - target));

    /// <summary>w_θ (1 − α) + w_t α.</summary>
    private double Weight(double alpha) => target + ((theta - target) * (1 - alpha));
}
