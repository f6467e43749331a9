using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>Rows of draws over the workers.</summary>
internal static unsafe class SampleBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves; a draw counts for about a chunk.</summary>
    private const long SmallestSharedWork = 1L << 18;

    internal static void Run(SampleJob* job)
    {
        ref SolveJob solve = ref job->Solve;
        long weight = solve.Columns + (Math.Min(job->Options.Count, 1L << 32) * Chunks.Columns);
        long smallest = solve.Theta.Rows * weight < SmallestSharedWork ? long.MaxValue : 0;
        new RowShares(solve.Theta.Rows, solve.Columns, solve.Options.Threads, smallest).ForEachRow(job, &DrawFrom);
    }

    private static void DrawFrom(SampleJob* job, long index, int threads)
    {
        ref SolveJob solve = ref job->Solve;
        if (solve.Options.RowMask != null && solve.Options.RowMask[index] == 0)
        {
            SampleOutputs.StoreNone(*job, index, 0);
            SampleOutputs.StoreRow(*job, index, RowStatus.Skipped, 0);
            return;
        }

        nint own = DrawRow.SizeOf(solve.Columns), more = job->IsRace ? Race.SizeOf(job->Options.Count, solve.Columns) : RowSampler.SizeOf(job->Options.Count);
        more = nint.Max(more, job->IsTruncated ? ThresholdSearch.SizeOf(solve.Columns) : 0);
        RowState state = RowState.Rent(solve.Columns, solve.Kernels, threads, own + more);
        state.Row = RowPair.Of(solve.Theta, solve.Target, index, solve.Options, solve.Columns);
        RowResult result = Batch.Solve(&state, solve, index, null);
        if (result.Status is RowStatus.Invalid or RowStatus.Disjoint)
        {
            SampleOutputs.StoreNone(*job, index, double.NaN);
            SampleOutputs.StoreRow(*job, index, result.Status, double.NaN);
            return;
        }

        DrawRow row = Prepare(state, *job, result, (byte*)state.Room + own);
        if (row.IsMeasured)
        {
            row.Sum();
        }
        else
        {
            DrawRow.Measure(&row, threads);
        }

        TokenLogs logs = new(state, row, job->IsTruncated);
        if (job->IsRace)
        {
            Race.Draw(&row, *job, index, logs, (byte*)state.Room + own);
        }
        else
        {
            RowSampler.Draw(&row, *job, index, logs, (byte*)state.Room + own);
        }

        SampleOutputs.StoreRow(*job, index, result.Status, result.Alpha);
    }

    /// <param name="state">Solved.</param>
    /// <param name="job">What is asked for.</param>
    /// <param name="result">The row's.</param>
    /// <param name="memory">Scratch.</param>
    private static DrawRow Prepare(in RowState state, in SampleJob job, in RowResult result, byte* memory)
    {
        DrawRow row = new() { Row = state.Row, Point = result.Point, Flags = state.Flags, Threshold = double.NegativeInfinity };
        row.Use((byte*)state.Room);

        // What is left after the heaviest tokens are gone may be too small for f32 to have seen.
        bool isPlain = !state.Kernels.IsF64 && state.Holds(result.Point), isHeavy = !job.IsRace;
        if (job.IsTruncated)
        {
            bool isFound = isPlain && ThresholdSearch.Serves(result.Point, job.Options) && ThresholdSearch.TryFind(ref row, job.Options, job.Masses, memory);
            row.IsMeasured = isFound && isHeavy;
            row.Threshold = isFound ? row.Threshold : Truncation.Threshold(ref row, job.Options);
        }

        row.Sweep = isPlain && isHeavy && !job.IsTruncated ? job.Masses.Sum : null;
        return row;
    }
}
