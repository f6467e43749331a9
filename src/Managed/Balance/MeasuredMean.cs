using System;

namespace Equipoise.Balance;

/// <summary>E_q[ℓ] as a sweep measured it at α.</summary>
internal struct MeasuredMean
{
    internal double Alpha;
    internal double Mean;

    /// <summary>What E[ℓ] must change by for f32's noise to be a hundredth of that.</summary>
    private const double SmallestChange = 3e-5;

    /// <summary>
    /// log Z's curvature between two of them as a multiple of the interpolant's, which is off by some percent where the path has corners; 1
    /// where they are too near to tell.
    /// </summary>
    internal static double Curvature(in HermiteInterpolant path, in MeasuredMean from, in MeasuredMean to)
    {
        path.Evaluate(0.5 * (from.Alpha + to.Alpha), out _, out double predicted);
        double change = from.Mean - to.Mean, ratio = change / ((to.Alpha - from.Alpha) * predicted);
        return Math.Abs(change) > SmallestChange && ratio > 0.5 && ratio < 2 ? ratio : 1;
    }
}
