using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>One row's gradients of KL(p‖q); none where q misses a token of p, KL being infinite.</summary>
internal static unsafe class KlGradientRow
{
    internal static bool Write(RowState* state, PairRow* row, in GradientJob job, long index, ref RowStatus status)
    {
        if (state->Sums.ThetaAlone)
        {
            return false;
        }

        double weight = GradientJob.At(job.KlCotangent, index, 1);
        row->Factors.Mean = state->Kappa - state->Sums.Theta.Mean;
        row->Factors.FirstScale = weight * state->Row.InverseTheta;
        row->Factors.SecondScale = weight * state->Row.InverseTarget;
        PairWriting<KlGradientResult>.Run(row);
        return true;
    }
}
