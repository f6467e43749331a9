using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>½ Σ (p − q)² w of one row, read in f64.</summary>
internal static unsafe class RowQuadratic
{
    internal static double Measure(RowState* state, in PairJob job, long row, out RowStatus status)
    {
        status = RowDivergence.Read(state);
        return status == RowStatus.Invalid ? double.NaN : (FisherWeight)job.Kind switch
        {
            FisherWeight.InverseP => OverP(state, isSwapped: false),
            FisherWeight.InverseQ => OverP(state, isSwapped: true),
            FisherWeight.Mean => OverMean(state),
            _ => OverSquare(state),
        };
    }

    /// <summary>A q alone is divided by p = 0; a p alone gives ½ p.</summary>
    private static double OverP(RowState* state, bool isSwapped)
    {
        TermSums sums = TermSweep<ChiSquareTerm>.Sum(state, 0, isSwapped);
        bool isInfinite = isSwapped ? state->Sums.ThetaAlone : state->Sums.TargetAlone;
        return isInfinite ? double.PositiveInfinity : sums.Common + (0.5 * sums.PAlone);
    }

    private static double OverMean(RowState* state)
    {
        TermSums sums = TermSweep<TriangularTerm>.Sum(state, 0);
        return sums.Common + sums.PAlone + sums.QAlone;
    }

    /// <summary>A p alone is divided by q = 0; a q alone has weight 0.</summary>
    private static double OverSquare(RowState* state) =>
        state->Sums.ThetaAlone ? double.PositiveInfinity : TermSweep<SeedTerm>.Sum(state, 0).Common;
}
