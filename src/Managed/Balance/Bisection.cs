using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>The reference method: halves [0, 1] by the sign of the criterion at the middle, in f64.</summary>
internal static unsafe class Bisection
{
    /// <summary>At every middle ℓ varies by no more than rounding, …</summary>
    private const double SmallestVariance = 1e-28;

    /// <summary>… and is 0 but for rounding: the policies are identical.</summary>
    private const double SmallestMean = 1e-13;

    internal static RowResult Solve<TCriterion>(RowState* state, TCriterion criterion, in SolveOptions options)
        where TCriterion : struct, ICriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        // An ε that the caller adds to probabilities asks for the reference implementation's own stopping rule.
        bool stopsByWidth = options.ProbabilityEpsilon > 0;
        Bracket bracket = Bracket.Unit;
        int iteration = 0;
        RowResult result = default;
        bool isLast = false, isFlat = true;
        while (true)
        {
            double alpha = bracket.Middle;
            PointSums sums = RowState.Evaluate(state, alpha);
            if (sums.IsEmpty)
            {
                return RowResult.Of(RowStatus.Disjoint, iteration);
            }

            result = Newton.At(state, alpha, sums, RowStatus.Ok, iteration);
            double value = criterion.Function(alpha, result.LogZ, result.Mean);
            isFlat &= state->LastVariance <= SmallestVariance && Math.Abs(result.Mean) < SmallestMean;
            bool isClose = stopsByWidth || Math.Abs(result.Mean) <= options.Tolerance * Math.Max(1, -result.LogZ);
            isLast = iteration >= options.MaxIterations || (bracket.Width < options.Tolerance && isClose) || bracket.Width < 1e-16;
            if (isLast)
            {
                result.Status = bracket.Width < options.Tolerance && isClose ? RowStatus.Ok : RowStatus.NotConverged;
                break;
            }

            bracket.Narrow(alpha, value);
            iteration++;
        }

        if (isFlat)
        {
            return Newton.At(state, 0.5, RowState.Evaluate(state, 0.5), RowStatus.Identical, iteration);
        }

        return state->SupportsDiffer ? AtEnd(state, criterion, result) : result;
    }

    /// <summary>A bracket that has run into an end where the criterion still points beyond it.</summary>
    private static RowResult AtEnd<TCriterion>(RowState* state, TCriterion criterion, in RowResult found)
        where TCriterion : struct, ICriterion
    {
        if (found.Alpha is > 0.01 and < 0.99)
        {
            return found;
        }

        double end = found.Alpha < 0.5 ? 0 : 1;
        RowResult result = Newton.At(
            state, end, RowState.Evaluate(state, end), end == 0 ? RowStatus.AtTarget : RowStatus.AtTheta, found.Iterations);
        double value = criterion.Function(end, result.LogZ, result.Mean);
        return (end == 0 && value < 0) || (end == 1 && value > 0) ? result : found;
    }
}
