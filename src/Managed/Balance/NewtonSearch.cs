using System;

namespace Equipoise.Balance;

/// <summary>
/// Safeguarded Newton steps, between the sweeps that measure their points. Scalar and free of memory, so that GPU kernels can share it.
/// </summary>
internal struct NewtonSearch
{
    /// <summary>A step, in standard deviations of ℓ, after which the next one, its square, is lost in f64's rounding …</summary>
    private const double LastStepF64 = 1e-7;

    /// <summary>… or in what f32 outputs can show.</summary>
    private const double LastStepF32 = 3e-5;

    /// <summary>A longer step comes from a flat stretch of the path, where the slope says nothing about the root.</summary>
    private const double LargestLastStep = 1e-2;

    /// <summary>Below this width a bracket has no room left for another α.</summary>
    private const double SmallestWidth = 1e-15;

    internal Bracket Bracket;

    /// <summary>Where the next sweep should measure.</summary>
    internal double Alpha;

    /// <summary>The step taken was near enough for the next to be the last.</summary>
    internal bool IsLast;

    /// <summary>The point measured last meets the tolerance.</summary>
    internal bool IsFound;

    /// <summary>Takes in what was measured at <see cref="Alpha"/>.</summary>
    /// <returns>True when the search ends there; otherwise <see cref="Alpha"/> has moved on.</returns>
    internal bool Next<TCriterion>(
        TCriterion criterion, in PathValues at, double kappa, bool isF64, double tolerance, bool isSpent)
        where TCriterion : struct, ICriterion
    {
        double value = criterion.Function(Alpha, at), slope = criterion.Slope(Alpha, at), logZ = at.LogZ, variance = at.Variance;
        double step = slope < 0 ? Math.Abs(value / slope) : double.PositiveInfinity;
        double rounding = Precision.Rounding(variance, kappa, logZ), finest = Math.Max(tolerance, rounding / -slope);
        bool isClose = Math.Abs(value) <= rounding || Precision.IsClose(value, logZ, tolerance);
        bool isNear = isClose && step <= LargestLastStep && step * Math.Sqrt(variance) <= (isF64 ? LastStepF64 : LastStepF32);
        Bracket.Narrow(Alpha, value);
        IsFound = value == 0 || (isClose && Math.Min(step, Bracket.Width) <= finest);
        if (value == 0 || (IsLast && isNear && IsFound) || Bracket.Width < SmallestWidth || isSpent)
        {
            return true;
        }

        IsLast = isNear;
        Alpha = isNear ? Math.Min(Math.Max(Alpha - (value / slope), 0), 1) : Bracket.Next(Alpha, value, slope);
        return false;
    }
}
