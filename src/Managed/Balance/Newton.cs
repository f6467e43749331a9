namespace Equipoise.Balance;

/// <summary>Safeguarded Newton steps by f64 sweeps that write nothing.</summary>
internal static unsafe class Newton
{
    internal static RowResult Solve<TCriterion>(
        RowState* state, TCriterion criterion, double alpha, in SolveOptions options, int iterations)
        where TCriterion : struct, ICriterion
    {
        NewtonSearch search = new() { Bracket = Bracket.Unit, Alpha = alpha };
        for (int sweep = iterations + 1; ; sweep++)
        {
            RowResult result = Measure(state, criterion, search.Alpha, RowStatus.Ok, sweep, out PathValues at);
            if (search.Next(criterion, at, state->Kappa, state->Kernels.IsF64, options.Tolerance, sweep >= options.MaxIterations))
            {
                result.Status = search.IsFound ? RowStatus.Ok : RowStatus.NotConverged;
                return result;
            }
        }
    }

    /// <summary>The result at α and what the criterion sees there, by f64 sweeps.</summary>
    internal static RowResult Measure<TCriterion>(
        RowState* state, TCriterion criterion, double alpha, RowStatus status, int iterations, out PathValues at)
        where TCriterion : struct, ICriterion
    {
        ThreePoints sums = default;
        if (criterion.IsReflected)
        {
            sums = RowState.EvaluateMany(state, [alpha, 2 - alpha, -alpha]);
        }
        else
        {
            sums.First.Point = RowState.Evaluate(state, alpha);
        }

        RowResult result = At(state, alpha, sums.First.Point, status, iterations);
        at = new PathValues { LogZ = result.LogZ, Mean = result.Mean, Variance = state->LastVariance };
        if (criterion.IsReflected)
        {
            at.LogZBeyond = sums.Second.Point.LogWeight - state->Normaliser(2 - alpha, 0);
            at.MeanBeyond = sums.Second.Point.Moments.Mean - state->Kappa;
            at.LogZBefore = sums.Third.Point.LogWeight - state->Normaliser(-alpha, 0);
            at.MeanBefore = sums.Third.Point.Moments.Mean - state->Kappa;
            result.Know(at, knowsBefore: true);
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
