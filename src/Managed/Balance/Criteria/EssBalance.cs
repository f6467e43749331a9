namespace Equipoise.Balance;

/// <summary>ESS_θ = ESS_t, that is log Z(2 − α) = log Z(−α).</summary>
internal readonly struct EssBalance : IReflectedCriterion
{
    public bool IsReflected => true;

    public bool LooksBefore => true;

    public bool MayHoldEverywhere => false;

    public double End => double.NaN;

    public double Function(double alpha, in PathValues at) => at.LogZBeyond - at.LogZBefore;

    public double Slope(double alpha, in PathValues at) => at.MeanBeyond - at.MeanBefore;
}
