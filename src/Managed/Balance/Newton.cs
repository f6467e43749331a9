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

    /// <summary>Below this width a bracket has no room left for another α.</summary>
    private const double SmallestWidth = 1e-15;

    internal static RowResult Solve<TCriterion>(RowState* state, TCriterion criterion, double alpha, in SolveOptions options, int iterations)
        where TCriterion : struct, ICriterion
    {
        double lastStep = state->Kernels.IsF64 ? LastStepF64 : LastStepF32;
        Bracket bracket = Bracket.Unit;
        bool isLast = false;
        for (int sweep = 1; ; sweep++)
        {
            RowResult result = At(state, alpha, RowState.Evaluate(state, alpha), RowStatus.Ok, iterations + sweep);
            double variance = state->LastVariance, value = criterion.Function(alpha, result.LogZ, result.Mean);
            bracket.Narrow(alpha, value);
            double next = bracket.Next(alpha, value, criterion.Slope(alpha, result.Mean, variance), out bool isNewton);
            bool isClose = Precision.IsClose(value, result.LogZ, options.Tolerance);
            if (value == 0 || (isLast && isClose) || bracket.Width < SmallestWidth || sweep >= options.MaxIterations)
            {
                bool isFound = isClose && (bracket.Width < options.Tolerance || Math.Abs(next - alpha) <= options.Tolerance);
                result.Status = value == 0 || isFound ? RowStatus.Ok : RowStatus.NotConverged;
                return result;
            }

            isLast = isNewton && isClose && Math.Abs(next - alpha) * Math.Sqrt(variance) <= lastStep;
            alpha = next;
        }
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
            Point = state->PointAt(alpha, logZ),
            LogZ = logZ,
            Mean = sums.Moments.Mean - state->Kappa,
            Iterations = iterations,
        };
    }
}
