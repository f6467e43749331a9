namespace Equipoise.Balance;

/// <summary>α as given: nothing to be met, whatever α.</summary>
internal readonly struct FixedAlpha : IKlCriterion
{
    public bool IsReflected => false;

    public bool MayHoldEverywhere => false;

    public double End => double.NaN;

    public double Function(double alpha, in PathValues at) => 0;

    public double Slope(double alpha, in PathValues at) => 0;

    public double Doubt(double alpha, double logZ, double slope) => 0;
}
