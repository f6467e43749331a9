namespace Equipoise.Balance;

/// <summary>ESS_θ = floor: the largest move towards the target that leaves samples of q worth this much for π_θ.</summary>
internal readonly struct EssFloor : IReflectedCriterion
{
    private readonly double logFloor;

    /// <param name="floor">In (0, 1].</param>
    internal EssFloor(double floor) => logFloor = Elementary.Log(floor);

    public bool IsReflected => true;

    public bool LooksBefore => false;

    public bool MayHoldEverywhere => true;

    public double End => logFloor == 0 ? 1 : double.NaN;

    public double Function(double alpha, in PathValues at) => at.LogZ + at.LogZBeyond + logFloor;

    public double Slope(double alpha, in PathValues at) => at.MeanBeyond - at.Mean;
}
