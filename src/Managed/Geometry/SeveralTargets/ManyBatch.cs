using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>
/// The rows of a batch over the workers: whole rows where there are many, the pieces of one row after the other where rows are few and
/// long.
/// </summary>
internal static unsafe class ManyBatch
{
    /// <summary>Elements of all policies below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 16;

    private struct Context
    {
        internal ManyJob* Job;
        internal int ThreadsPerRow;
    }

    internal static void Run(ManyJob* job)
    {
        int threads = job->Rows * job->Columns * job->Count < SmallestSharedWork ? 1 : Workers.CountFor(job->Options.Threads);
        bool isSplit = threads > 1 && job->Rows < 2 * threads && job->Columns > Blocks.PieceColumns;
        Context context = new() { Job = job, ThreadsPerRow = isSplit ? threads : 1 };
        Workers.Run(job->Rows, isSplit ? 1 : threads, &SolveRow, &context);
    }

    private static void SolveRow(void* argument, long index)
    {
        Context* context = (Context*)argument;
        ManyJob* job = context->Job;
        ManyPoint point;
        if (job->Options.RowMask != null && job->Options.RowMask[index] == 0)
        {
            ManyOutputs.StoreConstants(*job, index, RowStatus.Skipped, 0);
            return;
        }

        ManyRow row = ManyRow.Rent(*job, index, context->ThreadsPerRow);
        int iterations = 0;
        RowStatus status = ManyRow.Read(&row) ? SimplexNewton.Solve(&row, job->Options, &point, out iterations) : RowStatus.Invalid;
        ManyOutputs.Store(*job, &row, index, status, &point, iterations);
    }
}
