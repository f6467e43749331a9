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

    internal static void Run(SolveJob* job)
    {
        new RowShares(job->Theta.Rows, job->Columns, job->Options.Threads, SmallestSharedWork).ForEachRow(job, &SolveRow);
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

    internal static RowResult Solve(RowState* state, in SolveJob job, long row, void* q) =>
        RowState.HasUnitMass(state) ? Criteria.Solve(state, job, row, q) : RowResult.Of(RowStatus.Invalid, 0);
}
