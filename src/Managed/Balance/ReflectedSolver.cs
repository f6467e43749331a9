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

        PathNode before = Node(state, -1), beyond = Node(state, 2);
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
        return Newton.Solve(state, criterion, guess.Alpha, job.Options, iterations);
    }

    private static PathNode Node(RowState* state, double alpha)
    {
        PointSums sums = RowState.Evaluate(state, alpha);
        return new PathNode
        {
            Value = sums.LogWeight - state->Normaliser(alpha, 0),
            Slope = state->Kappa - sums.Moments.Mean,
            Curvature = sums.Moments.Variance,
        };
    }
}
