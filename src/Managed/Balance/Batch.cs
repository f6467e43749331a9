using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>
/// The rows of a batch over the workers: whole rows where there are many, the pieces of one row after the other where rows are few and
/// long.
/// </summary>
internal static unsafe class Batch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 18;

    /// <summary>Columns that a worker takes at a time, at the least.</summary>
    private const long SmallestItem = 1L << 14;

    private struct Context
    {
        internal SolveJob* Job;
        internal long RowsPerItem;
        internal int ThreadsPerRow;
    }

    internal static void Run(SolveJob* job)
    {
        long rows = job->Theta.Rows;
        int threads = Workers.CountFor(job->Options.Threads);
        if (rows * job->Columns < SmallestSharedWork)
        {
            threads = 1;
        }

        bool isSplit = threads > 1 && rows < 2 * threads && job->Columns > Blocks.PieceColumns;
        Context context = new() { Job = job, RowsPerItem = Math.Max(1, SmallestItem / job->Columns), ThreadsPerRow = isSplit ? threads : 1 };
        long items = (rows + context.RowsPerItem - 1) / context.RowsPerItem;
        Workers.Run(items, isSplit ? 1 : threads, &SolveRows, &context);
    }

    private static void SolveRows(void* argument, long item)
    {
        Context* context = (Context*)argument;
        long begin = item * context->RowsPerItem, end = Math.Min(begin + context->RowsPerItem, context->Job->Theta.Rows);
        for (long row = begin; row < end; row++)
        {
            SolveRow(context->Job, row, context->ThreadsPerRow);
        }
    }

    private static void SolveRow(SolveJob* job, long row, int threads)
    {
        ref SolveOptions options = ref job->Options;
        if (options.RowMask != null && options.RowMask[row] == 0)
        {
            RowOutputs.Store(null, *job, row, RowResult.Of(RowStatus.Skipped, 0));
            return;
        }

        RowState state = RowState.Rent(job->Columns, job->Kernels, threads);
        state.Row = RowPair.Of(job->Theta, job->Target, row, options, job->Columns);
        void* q = job->Solution.Q == null ? null : Addressing.Row(job->Q, row);
        RowOutputs.Store(&state, *job, row, Solve(&state, *job, row, q));
    }

    private static RowResult Solve(RowState* state, in SolveJob job, long row, void* q) =>
        RowState.HasUnitMass(state) ? Criteria.Solve(state, job, row, q) : RowResult.Of(RowStatus.Invalid, 0);
}
