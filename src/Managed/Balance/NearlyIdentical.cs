namespace Equipoise.Balance;

/// <summary>
/// Two policies that nearly agree. Differences of log Z then drown in rounding, but the cumulants κ_n of d at α = ½ do not
/// (<see cref="CumulantSeries"/>); the minimum of log Z lies at s = −κ3/(24 κ2).
/// </summary>
internal static unsafe class NearlyIdentical
{
    internal static bool TrySolve<TCriterion>(
        RowState* state, in PathNodes nodes, TCriterion criterion, ref int iterations, out RowResult result)
        where TCriterion : struct, ICriterion
    {
        double middle = state->Kappa - nodes.SlopeHalf;
        CentralSums sums = RowState.Central(state, state->PointAt(0.5, nodes.ValueHalf), middle);
        iterations++;
        Cumulants cumulants = Cumulants.Of(sums.Weight, sums.First, sums.Second, sums.Third, sums.Fourth);
        if (cumulants.IsFlat)
        {
            result = new RowResult { Status = RowStatus.Identical, Alpha = 0.5, Point = state->PointAt(0.5, nodes.ValueHalf), Iterations = iterations };
            return true;
        }

        if (!cumulants.IsConvergent)
        {
            result = default;
            return false;
        }

        result = typeof(TCriterion) == typeof(KlSymmetry)
            ? Symmetric(state, cumulants)
            : Root(state, criterion, new CumulantSeries(cumulants.Second, cumulants.Third, cumulants.Fourth));
        result.Iterations = iterations;
        return true;
    }

    /// <summary>The root in closed form.</summary>
    private static RowResult Symmetric(RowState* state, in Cumulants cumulants) => new()
    {
        Alpha = cumulants.Alpha,
        LogZ = cumulants.LogZ,
        Point = state->PointAt(cumulants.Alpha, cumulants.LogZ),
    };

    private static RowResult Root<TCriterion>(RowState* state, TCriterion criterion, in CumulantSeries path)
        where TCriterion : struct, ICriterion
    {
        Guess guess = Guess.Root(path, criterion);
        return new RowResult { Alpha = guess.Alpha, LogZ = guess.LogZ, Mean = guess.Mean, Point = state->PointAt(guess.Alpha, guess.LogZ) };
    }
}
