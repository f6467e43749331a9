using System;

namespace Equipoise.Balance;

/// <summary>
/// The criteria that weigh samples: their function needs log Z at 2 − α and −α, outside [0, 1], where weights of tokens that hardly matter
/// inside can be anything. All of it is f64, and relative to the largest weight of each point, so that nothing overflows.
/// </summary>
internal static unsafe class ReflectedSolver
{
    internal static RowResult Solve<TCriterion>(RowState* state, in SolveJob job, TCriterion criterion)
        where TCriterion : struct, ICriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        RowSolver.RereadWide(state, job);
        if (!RowSolver.TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, 0);
        }

        ThreePoints outer = RowState.EvaluateMany(state, [-1, 2]);
        PathNode before = Node(state, outer.First.Point, -1), beyond = Node(state, outer.Second.Point, 2);
        PathValues atTarget = nodes.AtTarget, atTheta = nodes.AtTheta;
        (atTarget.LogZBeyond, atTarget.LogZBefore) = (beyond.Value, nodes.Value0);
        (atTheta.LogZBeyond, atTheta.LogZBefore) = (nodes.Value1, before.Value);
        if (Ends.TryFind(state, atTarget, atTheta, criterion, out double end, out RowStatus status))
        {
            return RowSolver.AtAlpha(state, job, end, criterion, status, 0);
        }

        int iterations = 0;
        if (nodes.Height < Cumulants.LargestVariance && NearlyIdentical.TrySolve(state, nodes, criterion, ref iterations, out RowResult near))
        {
            return near;
        }

        Guess guess = Guess.Root(ReflectedInterpolant.Of(nodes, before, beyond), criterion);
        double start = guess.Alpha;
        if (job.Options.MaxIterations > iterations + 1)
        {
            if (TryConfirm(state, job, criterion, start, ++iterations, out RowResult confirmed))
            {
                return confirmed;
            }

            start = confirmed.Alpha;
        }

        return Newton.Solve(state, criterion, start, job.Options, iterations);
    }

    /// <summary>One measurement at the guess, where the Newton step left moves neither α nor q; else the step is where to go on.</summary>
    private static bool TryConfirm<TCriterion>(RowState* state, in SolveJob job, TCriterion criterion, double alpha, int iterations, out RowResult result)
        where TCriterion : struct, ICriterion
    {
        result = Newton.Measure(state, criterion, alpha, RowStatus.Ok, iterations, out PathValues at);
        double step = -result.Value / criterion.Slope(alpha, at);
        bool isSettled = Math.Abs(step) <= 0.5 * job.Options.Tolerance && Precision.IsClose(result.Value, result.LogZ, job.Options.Tolerance) &&
            Precision.IsSettled(state->Kernels.IsF64, 1, step, at.Variance, job.Options.Tolerance);
        if (!isSettled && alpha + step is >= 0 and <= 1)
        {
            result.Alpha = alpha + step;
        }

        return isSettled;
    }

    private static PathNode Node(RowState* state, in PointSums sums, double alpha) => new()
    {
        Value = sums.LogWeight - state->Normaliser(alpha, 0),
        Slope = state->Kappa - sums.Moments.Mean,
        Curvature = sums.Moments.Variance,
    };
}
