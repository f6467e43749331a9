using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>One row's point of a geodesic.</summary>
internal static unsafe class GeodesicRow
{
    internal static bool Write(RowState* state, PairRow* row, in GradientJob job, long index, ref RowStatus status)
    {
        double alpha = GradientJob.At(job.Options.RowAlpha, index, job.Options.Alpha);
        row->Factors.Alpha = alpha;
        if (job.Geodesic == GeodesicKind.Mixture)
        {
            PairWriting<MixtureResult>.Run(row);
            return true;
        }

        row->Factors.LogZ = status == RowStatus.Disjoint ? 0 : PathNormaliser.LogZ(state, alpha);
        PairWriting<ExponentialResult>.Run(row);
        return true;
    }
}
