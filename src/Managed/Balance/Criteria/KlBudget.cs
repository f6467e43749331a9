namespace Equipoise.Balance;

/// <summary>KL(q‖π_θ) = budget: the largest move towards the target inside a trust region.</summary>
internal readonly struct KlBudget : IKlCriterion
{
    private readonly double budget;

    /// <param name="budget">Nats, ≥ 0.</param>
    internal KlBudget(double budget) => this.budget = budget;

    public bool IsReflected => false;

    public bool MayHoldEverywhere => true;

    public double End => budget == 0 ? 1 : double.NaN;

    public double Function(double alpha, in PathValues at) => ((1 - alpha) * at.Mean) - at.LogZ - budget;

    public double Slope(double alpha, in PathValues at) => -(1 - alpha) * at.Variance;

    public double Doubt(double alpha, double logZ, double slope) => ((1 - alpha) * slope) + logZ;
}
