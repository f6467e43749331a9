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

    /// <summary>How far from a root that Newton's method found in f64 the sign is beyond doubt.</summary>
    private const double RootMargin = 1e-8;

    internal static RowResult Solve<TCriterion>(RowState* state, TCriterion criterion, in SolveOptions options)
        where TCriterion : struct, ICriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        if (options.ProbabilityEpsilon > 0)
        {
            return SolveByWidth(state, criterion, options);
        }

        bool mayEndAnywhere = criterion.MayHoldEverywhere || criterion.IsReflected || !double.IsNaN(criterion.End);
        if (mayEndAnywhere && TryEnd(state, criterion, 0, out RowResult atEnd))
        {
            return atEnd;
        }

        Bracket bracket = Bracket.Unit;
        int iteration = 0;
        RowResult result = default;
        bool isLast = false, isFlat = true;
        while (true)
        {
            double alpha = bracket.Middle;
            result = Newton.Measure(state, criterion, alpha, RowStatus.Ok, iteration, out _);
            if (double.IsNegativeInfinity(result.LogZ))
            {
                return RowResult.Of(RowStatus.Disjoint, iteration);
            }

            double value = result.Value;
            isFlat &= state->LastVariance <= SmallestVariance && Math.Abs(result.Mean) < SmallestMean;
            bool isClose = Precision.IsClose(value, result.LogZ, options.Tolerance);
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

        bool mayEnd = state->SupportsDiffer && result.Alpha is <= 0.01 or >= 0.99;
        return mayEnd && TryEnd(state, criterion, result.Iterations, out RowResult end) ? end : result;
    }

    /// <summary>
    /// The reference implementation's own numbers: it stops by the bracket's width alone, after at least one halving. The criterion is monotone, so where a
    /// middle is clear of the root its sign is known from the root, and only the others are summed.
    /// </summary>
    private static RowResult SolveByWidth<TCriterion>(RowState* state, TCriterion criterion, SolveOptions options)
        where TCriterion : struct, ICriterion
    {
        int most = options.MaxIterations;
        options.MaxIterations = SolveOptions.Default.MaxIterations;
        RowResult root = Newton.Solve(state, criterion, 0.5, options, 0);
        if (state->LastVariance <= SmallestVariance && Math.Abs(root.Mean) < SmallestMean)
        {
            return Newton.At(state, 0.5, RowState.Evaluate(state, 0.5), RowStatus.Identical, 0);
        }

        Bracket bracket = Bracket.Unit;
        int iteration = 0;
        do
        {
            double alpha = bracket.Middle, distance = root.Alpha - alpha;
            bool isKnown = root.Status == RowStatus.Ok && Math.Abs(distance) > RootMargin;
            bracket.Narrow(alpha, isKnown ? distance : Value(state, criterion, alpha));
            iteration++;
        }
        while (iteration < most && bracket.Width >= options.Tolerance);
        RowStatus status = bracket.Width < options.Tolerance ? RowStatus.Ok : RowStatus.NotConverged;
        return Newton.At(state, bracket.Middle, RowState.Evaluate(state, bracket.Middle), status, iteration);
    }

    private static double Value<TCriterion>(RowState* state, TCriterion criterion, double alpha)
        where TCriterion : struct, ICriterion =>
        Newton.Measure(state, criterion, alpha, RowStatus.Ok, 0, out _).Value;

    /// <summary>An end at which the criterion still points beyond it.</summary>
    private static bool TryEnd<TCriterion>(RowState* state, TCriterion criterion, int iterations, out RowResult result)
        where TCriterion : struct, ICriterion
    {
        RowResult target = Newton.Measure(state, criterion, 0, RowStatus.Ok, iterations, out PathValues atTarget);
        RowResult theta = Newton.Measure(state, criterion, 1, RowStatus.Ok, iterations, out PathValues atTheta);
        bool isEnd = Ends.TryFind(state, atTarget, atTheta, criterion, out double end, out RowStatus status);
        result = end == 1 ? theta : target;
        result.Status = status;
        result.Value = Ends.Value(state, criterion, end, end == 1 ? atTheta : atTarget);
        return isEnd && !double.IsNegativeInfinity(result.LogZ);
    }
}
