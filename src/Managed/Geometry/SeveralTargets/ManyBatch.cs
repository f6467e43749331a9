using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>The rows of a batch over the workers.</summary>
internal static unsafe class ManyBatch
{
    /// <summary>A row's passes over each of its policies, about.</summary>
    private const long PassesOfNewton = 8;

    /// <summary>Elements in all passes below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 19;

    internal static void Run(ManyJob* job) =>
        new RowShares(job->Rows, job->Columns, job->Options.Threads, SmallestSharedWork, PassesOfNewton * job->Count).ForEachRow(job, &SolveRow);

    private static void SolveRow(ManyJob* job, long index, int threads)
    {
        ManyPoint point;
        if (job->Options.RowMask != null && job->Options.RowMask[index] == 0)
        {
            ManyOutputs.StoreConstants(*job, index, RowStatus.Skipped, 0);
            return;
        }

        ManyRow row = ManyRow.Rent(*job, index, threads);
        int iterations = 0;
        RowStatus status = ManyRow.Read(&row) ? SimplexNewton.Solve(&row, job->Options, &point, out iterations) : RowStatus.Invalid;
        ManyOutputs.Store(*job, &row, index, status, &point, iterations);
    }
}
