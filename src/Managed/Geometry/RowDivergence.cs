using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>
/// One divergence of one row, p being the policy and q the target of a path. KL, Jeffreys and the affinity Σ √(p q) are numbers of the path
/// that one reading sweep knows, in f32 where the inputs are. Where those would be small differences of large numbers, and for the other
/// divergences, the row is read in f64 and the terms are summed one by one.
/// </summary>
internal static unsafe class RowDivergence
{
    /// <summary>A divergence above this keeps six digits as a difference of f32 sums …</summary>
    private const double SmallestOfF32 = 1.0 / 8;

    /// <summary>… and thirteen as one of f64 sums.</summary>
    private const double SmallestOfF64 = 1e-2;

    /// <summary>
    /// A sum of f64 terms above this keeps six digits if the log-masses come from f32 sums: their error δ moves it by δ² and, relatively, by δ.
    /// </summary>
    private const double SmallestOfF32Masses = 1e-5;

    /// <summary>A sum of f32 terms below this, but for 0, may have lost some to underflow.</summary>
    private const double SmallestOfF32Terms = 1e-20;

    /// <summary>Σ √(p q) from which on it is a sum near 1, and not one of a few tokens far below both tops.</summary>
    private const double SmallestAffinity = 1e-3;

    internal static double Measure(RowState* state, in PairJob job, long row, out RowStatus status)
    {
        DivergenceKind kind = (DivergenceKind)job.Kind;
        status = RowState.HasUnitMass(state) ? Read(state) : RowStatus.Invalid;
        if (status != RowStatus.Ok)
        {
            return status == RowStatus.Invalid ? double.NaN : OfDisjoint(kind);
        }

        return kind switch
        {
            DivergenceKind.Kl => Kl(state, job),
            DivergenceKind.ReverseKl => ReverseKl(state, job),
            DivergenceKind.Jeffreys => Jeffreys(state, job),
            DivergenceKind.Ess => EffectiveSampleSize(state),
            DivergenceKind.Renyi => Renyi(state, job, job.ParameterOf(row)),
            DivergenceKind.JensenShannon => JensenShannon(state),
            DivergenceKind.TotalVariation => TotalVariation(state),
            DivergenceKind.Bhattacharyya => Bhattacharyya(state, job),
            DivergenceKind.Hellinger => Math.Sqrt(SquaredHellinger(state, job)),
            _ => 4 * Math.Asin(Math.Sqrt(SquaredHellinger(state, job) / 2)),
        };
    }

    /// <summary>The reading sweep; says whether the row is one of two distributions with a common token.</summary>
    internal static RowStatus Read(RowState* state)
    {
        if (!RowState.Read(state))
        {
            return RowStatus.Invalid;
        }

        bool isDisjoint = state->SupportsDiffer && state->Sums.Half.Weight == 0 && RowState.Evaluate(state, 0.5).IsEmpty;
        return isDisjoint ? RowStatus.Disjoint : RowStatus.Ok;
    }

    private static double OfDisjoint(DivergenceKind kind) => kind switch
    {
        DivergenceKind.Ess => 0,
        DivergenceKind.JensenShannon => Math.Log(2),
        DivergenceKind.TotalVariation or DivergenceKind.Hellinger => 1,
        DivergenceKind.FisherRao => Math.PI,
        _ => double.PositiveInfinity,
    };

    private static double Kl(RowState* state, in PairJob job)
    {
        if (state->Sums.ThetaAlone)
        {
            return double.PositiveInfinity;
        }

        double value = state->Kappa - state->Sums.Theta.Mean;
        return IsLargeEnough(state, value) ? value : SumOver<KlTerm>(state, job, 0, 1);
    }

    private static double ReverseKl(RowState* state, in PairJob job)
    {
        if (state->Sums.TargetAlone)
        {
            return double.PositiveInfinity;
        }

        double value = state->Sums.Target.Mean - state->Kappa;
        return IsLargeEnough(state, value) ? value : SumOver<ReverseKlTerm>(state, job, 1, 0);
    }

    private static double Jeffreys(RowState* state, in PairJob job)
    {
        if (state->SupportsDiffer)
        {
            return double.PositiveInfinity;
        }

        double value = state->Sums.Target.Mean - state->Sums.Theta.Mean;
        return IsLargeEnough(state, value) ? value : SumOver<JeffreysTerm>(state, job, 0, 0);
    }

    /// <summary>1/Σ p²/q = 1/Z(2), in the log domain.</summary>
    private static double EffectiveSampleSize(RowState* state) =>
        state->Sums.ThetaAlone ? 0 : Math.Min(1, Math.Exp(-PathNormaliser.LogZOf(state, 2)));

    private static double Bhattacharyya(RowState* state, in PairJob job)
    {
        double affinity = Affinity(state);
        if (affinity < SmallestAffinity)
        {
            return Math.Max(0, -PathNormaliser.LogZOf(state, 0.5));
        }

        return IsLargeEnough(state, 1 - affinity) ? -Math.Log(affinity) : -Logarithm.Plus1(-SquaredHellinger(state, job));
    }

    /// <summary>1 − Σ √(p q).</summary>
    private static double SquaredHellinger(RowState* state, in PairJob job)
    {
        double rest = 1 - Affinity(state);
        return Math.Min(1, IsLargeEnough(state, rest) ? rest : SumOver<HellingerTerm>(state, job, 0.5, 0.5));
    }

    private static double JensenShannon(RowState* state)
    {
        TermSums sums = TermSweep<JensenShannonTerm>.Sum(state, 0);
        return Math.Clamp(sums.Common + (0.5 * Math.Log(2) * (sums.PAlone + sums.QAlone)), 0, Math.Log(2));
    }

    private static double TotalVariation(RowState* state)
    {
        TermSums sums = TermSweep<TotalVariationTerm>.Sum(state, 0);
        return Math.Min(1, sums.Common + (0.5 * (sums.PAlone + sums.QAlone)));
    }

    /// <summary>log Σ p^α q^(1−α) / (α − 1).</summary>
    private static double Renyi(RowState* state, in PairJob job, double order)
    {
        if (order == 1)
        {
            return Kl(state, job);
        }

        if (order > 1 && state->Sums.ThetaAlone)
        {
            return double.PositiveInfinity;
        }

        return Math.Max(0, PathNormaliser.LogZ(state, order) / (order - 1));
    }

    /// <summary>Σ √(p q), as the sweep has it.</summary>
    private static double Affinity(RowState* state)
    {
        double logNormaliser = state->Sums.HalfReference + Math.Log(state->Sums.Half.Weight);
        return Math.Exp(logNormaliser - state->Normaliser(0.5, 0));
    }

    private static bool IsLargeEnough(RowState* state, double value) => value >= (state->Kernels.IsF64 ? SmallestOfF64 : SmallestOfF32);

    /// <summary>The terms over the common tokens and the given multiples of what either distribution has alone.</summary>
    private static double SumOver<TTerm>(RowState* state, in PairJob job, double ofPAlone, double ofQAlone)
        where TTerm : struct, INearTerm
    {
        if (!state->Kernels.IsF64)
        {
            bool isUnitScale = state->Row.InverseTheta == 1 && state->Row.InverseTarget == 1;
            TermSums narrow = isUnitScale ? NarrowTermSweep<TTerm>.Sum(state) : TermSweep<TTerm>.Sum(state, 0);
            double total = Total(narrow, ofPAlone, ofQAlone), value = isUnitScale ? Mended<TTerm>(narrow, total) : total;
            if (isUnitScale ? value >= 0.5 * total : total >= SmallestOfF32Masses)
            {
                return value;
            }

            state->Kernels = job.WideKernels;
            RowState.Read(state);
        }

        return Total(TermSweep<TTerm>.Sum(state, 0), ofPAlone, ofQAlone);
    }

    private static double Total(in TermSums sums, double ofPAlone, double ofQAlone) =>
        sums.Common + (ofPAlone * sums.PAlone) + (ofQAlone * sums.QAlone);

    /// <summary>
    /// The masses come from f32 sums. That log q is too large by δ shows in Σ q − p and adds ½ f''(0) δ² to the divergence: the terms of first order cancel
    /// but for δ times the divergence itself. NaN where terms may have been lost to underflow.
    /// </summary>
    private static double Mended<TTerm>(in TermSums sums, double total)
        where TTerm : struct, INearTerm
    {
        double delta = Logarithm.Plus1(sums.Difference + sums.QAlone - sums.PAlone);
        bool isWhole = total >= SmallestOfF32Terms || (total == 0 && sums.Difference == 0);
        return isWhole ? total - (0.5 * TTerm.Curvature * delta * delta) : double.NaN;
    }
}
