using System;

namespace Equipoise.Balance;

/// <summary>When the answer is an end of the path, and no root inside it.</summary>
internal static unsafe class Ends
{
    /// <summary>What is above f32's noise in a criterion's function, relative to max(1, KL).</summary>
    private const double Margin = 1e-4;

    /// <summary>
    /// An end that the parameters ask for; α = 0 where the whole path meets the criterion; and, where the supports differ, the end beyond which
    /// the function would change its sign.
    /// </summary>
    /// <param name="state">For the supports.</param>
    /// <param name="atTarget">The path at α = 0 …</param>
    /// <param name="atTheta">… and at 1, over the common support.</param>
    /// <param name="criterion">What is asked for.</param>
    /// <param name="end">0 or 1.</param>
    /// <param name="status">Ok where the end itself meets the criterion.</param>
    internal static bool TryFind<TCriterion>(
        RowState* state, in PathValues atTarget, in PathValues atTheta, TCriterion criterion, out double end, out RowStatus status)
        where TCriterion : struct, ICriterion
    {
        end = criterion.End;
        if (!double.IsNaN(end))
        {
            bool isMet = !(end == 1 ? state->Sums.ThetaAlone : state->Sums.TargetAlone);
            status = isMet ? RowStatus.Ok : end == 1 ? RowStatus.AtTheta : RowStatus.AtTarget;
            return true;
        }

        bool isBefore = (state->SupportsDiffer || criterion.MayHoldEverywhere) && Value(state, criterion, 0, atTarget) < 0;
        bool isBeyond = state->SupportsDiffer && Value(state, criterion, 1, atTheta) > 0;
        end = isBeyond ? 1 : 0;
        status = isBeyond ? RowStatus.AtTheta : RowStatus.AtTarget;
        return isBefore || isBeyond;
    }

    /// <summary>The whole path meets the criterion, beyond the doubt that f32 sums leave.</summary>
    internal static bool HoldEverywhere<TCriterion>(in PathNodes nodes, TCriterion criterion)
        where TCriterion : struct, ICriterion =>
        criterion.MayHoldEverywhere && double.IsNaN(criterion.End) &&
        criterion.Function(0, nodes.AtTarget) < -Margin * Math.Max(1, Math.Abs(nodes.Slope0));

    /// <summary>The function where an ESS is 0 because q misses a token: Z(2 − α) or Z(−α) is then infinite.</summary>
    internal static double Value<TCriterion>(RowState* state, TCriterion criterion, double alpha, PathValues at)
        where TCriterion : struct, ICriterion
    {
        PathValues whole = at;
        whole.LogZBeyond = state->Sums.ThetaAlone ? double.PositiveInfinity : at.LogZBeyond;
        whole.LogZBefore = state->Sums.TargetAlone ? double.PositiveInfinity : at.LogZBefore;
        double value = criterion.Function(alpha, whole);
        return double.IsNaN(value) ? criterion.Function(alpha, at) : value;
    }
}
