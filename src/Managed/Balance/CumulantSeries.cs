namespace Equipoise.Balance;

/// <summary>
/// log Z of two policies that nearly agree, from the cumulants κ_n of ℓ at α = ½:
/// log Z(½ + s) = κ2 (s² − ¼)/2 − κ3 (s³ − s/4)/6 + κ4 (s⁴ − 1/16)/24 − …
/// </summary>
internal readonly struct CumulantSeries : IPath
{
    private readonly double second;
    private readonly double third;
    private readonly double fourth;

    internal CumulantSeries(double second, double third, double fourth)
    {
        this.second = second;
        this.third = third;
        this.fourth = fourth;
    }

    public PathValues At(double alpha)
    {
        Evaluate(alpha - 0.5, out double logZ, out double mean);
        Evaluate(1.5 - alpha, out double beyond, out double meanBeyond);
        Evaluate(-alpha - 0.5, out double before, out double meanBefore);
        double s = alpha - 0.5;
        return new PathValues
        {
            LogZ = logZ,
            Mean = mean,
            Variance = second - (third * s) + (0.5 * fourth * s * s),
            LogZBeyond = beyond,
            MeanBeyond = meanBeyond,
            LogZBefore = before,
            MeanBefore = meanBefore,
        };
    }

    private void Evaluate(double s, out double logZ, out double mean)
    {
        double square = s * s;
        logZ = (second * (square - 0.25) / 2) - (third * s * (square - 0.25) / 6) + (fourth * ((square * square) - 0.0625) / 24);
        mean = -(second * s) + (third * ((3 * square) - 0.25) / 6) - (fourth * square * s / 6);
    }
}
