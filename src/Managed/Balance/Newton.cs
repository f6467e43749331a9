using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Safeguarded Newton steps by f64 sweeps that write nothing.</summary>
internal static unsafe class Newton
{
    /// <summary>A step, in standard deviations of ℓ, after which the next one, its square, is lost in f64's rounding.</summary>
    private const double LastStep = 1e-7;

    internal static RowResult Solve<TCriterion>(RowState* state, TCriterion criterion, double alpha, in SolveOptions options, int iterations)
        where TCriterion : struct, ICriterion
    {
        Bracket bracket = Bracket.Unit;
        bool isLast = false;
        for (int sweep = 1; ; sweep++)
        {
            RowResult result = At(state, alpha, RowState.Evaluate(state, alpha), RowStatus.Ok, iterations + sweep);
            double variance = state->LastVariance, value = criterion.Function(alpha, result.LogZ, result.Mean);
            double slope = criterion.Slope(alpha, result.Mean, variance), next;
            bracket.Narrow(alpha, value);
            next = bracket.Next(alpha, value, slope);
            double step = Math.Abs(next - alpha);
            if (isLast || value == 0 || step <= 1e-16)
            {
                return result;
            }

            if (sweep >= options.MaxIterations)
            {
                bool isClose = step <= options.Tolerance && Math.Abs(result.Mean) <= options.Tolerance * Math.Max(1, -result.LogZ);
                result.Status = isClose ? RowStatus.Ok : RowStatus.NotConverged;
                return result;
            }

            isLast = step * Math.Sqrt(variance) <= LastStep;
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
