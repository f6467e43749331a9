using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Safeguarded Newton steps by f64 sweeps that write nothing.</summary>
internal static unsafe class Newton
{
    /// <summary>A step, in standard deviations of ℓ, after which the next one, its square, is lost in f64's rounding …</summary>
    private const double LastStepF64 = 1e-7;

    /// <summary>… or in what f32 outputs can show.</summary>
    private const double LastStepF32 = 3e-5;

    /// <summary>A longer step comes from a flat stretch of the path, where the slope says nothing about the root.</summary>
    private const double LargestLastStep = 1e-2;

    /// <summary>Below this width a bracket has no room left for another α.</summary>
    private const double SmallestWidth = 1e-15;

    internal static RowResult Solve<TCriterion>(
        RowState* state, TCriterion criterion, double alpha, in SolveOptions options, int iterations)
        where TCriterion : struct, ICriterion
    {
        double lastStep = state->Kernels.IsF64 ? LastStepF64 : LastStepF32;
        Bracket bracket = Bracket.Unit;
        bool isLast = false;
        for (int sweep = 1; ; sweep++)
        {
            RowResult result = Measure(state, criterion, alpha, RowStatus.Ok, iterations + sweep, out PathValues at);
            double variance = at.Variance, value = result.Value, slope = criterion.Slope(alpha, at);
            double step = slope < 0 ? Math.Abs(value / slope) : double.PositiveInfinity;
            double rounding = Precision.Rounding(variance, state->Kappa, result.LogZ);
            double finest = Math.Max(options.Tolerance, rounding / -slope);
            bool isClose = Math.Abs(value) <= rounding || Precision.IsClose(value, result.LogZ, options.Tolerance);
            bool isNear = isClose && step <= LargestLastStep && step * Math.Sqrt(variance) <= lastStep;
            bracket.Narrow(alpha, value);
            bool isFound = value == 0 || (isClose && Math.Min(step, bracket.Width) <= finest);
            if (value == 0 || (isLast && isNear && isFound) || bracket.Width < SmallestWidth || iterations + sweep >= options.MaxIterations)
            {
                result.Status = isFound ? RowStatus.Ok : RowStatus.NotConverged;
                return result;
            }

            isLast = isNear;
            alpha = isNear ? Math.Clamp(alpha - (value / slope), 0, 1) : bracket.Next(alpha, value, slope);
        }
    }

    /// <summary>The result at α and what the criterion sees there, by f64 sweeps.</summary>
    internal static RowResult Measure<TCriterion>(
        RowState* state, TCriterion criterion, double alpha, RowStatus status, int iterations, out PathValues at)
        where TCriterion : struct, ICriterion
    {
        RowResult result = At(state, alpha, RowState.Evaluate(state, alpha), status, iterations);
        at = new PathValues { LogZ = result.LogZ, Mean = result.Mean, Variance = state->LastVariance };
        if (criterion.IsReflected)
        {
            (at.LogZBeyond, at.MeanBeyond) = RowState.LogZ(state, 2 - alpha);
            (at.LogZBefore, at.MeanBefore) = RowState.LogZ(state, -alpha);
        }

        result.Value = criterion.Function(alpha, at);
        return result;
    }

    /// <summary>The result at α, given its moments.</summary>
    internal static RowResult At(RowState* state, double alpha, in PointSums sums, RowStatus status, int iterations)
    {
        double logZ = sums.LogWeight - state->Normaliser(alpha, 0);
        state->LastVariance = sums.Moments.Variance;
        return new RowResult
        {
            Status = status,
            Alpha = alpha,
            Point = state->PointAt(alpha).Normalised(sums.Exponent, sums.Moments.Weight),
            LogZ = logZ,
            Mean = sums.Moments.Mean - state->Kappa,
            Iterations = iterations,
        };
    }
}
