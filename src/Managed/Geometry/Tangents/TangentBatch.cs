using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of distributions, each with a vector.</summary>
internal unsafe struct TangentJob
{
    internal Matrix Scores;
    internal Matrix Vector;
    internal FisherOptions Options;
    internal nint Columns;

    /// <summary>The results' rows, where they have any.</summary>
    internal Matrix Result;
    internal bool HasResult;

    /// <summary>What is done with a row whose distribution and vector are sound, its mean in place; the row's numbers go to the outputs below.</summary>
    internal delegate*<TangentRow*, in TangentJob, long, in MassSums, void> Answer;

    /// <summary>[rows] each, or null.</summary>
    internal double* Values;
    internal double* Steps;
    internal double* QuadraticSteps;
    internal RowStatus* RowStatus;

    internal readonly double DampingOf(long row) => Options.RowDamping == null ? Options.Damping : Options.RowDamping[row];

    internal readonly double DeltaOf(long row) => Options.RowDelta == null ? Options.Delta : Options.RowDelta[row];
}

/// <summary>Such rows over the workers.</summary>
internal static unsafe class TangentBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 16;

    /// <summary>Probabilities and log-probabilities are renormalised when their mass is this close to 1.</summary>
    private const double LargestMassError = 1e-3;

    internal static void Run(TangentJob* job)
    {
        new RowShares(job->Scores.Rows, job->Columns, job->Options.Threads, SmallestSharedWork).ForEachRow(job, &AnswerRow);
    }

    /// <summary>A row of the batch, with the sums that every answer starts from; false when it is not sound.</summary>
    internal static bool TryRead(in TangentJob job, long row, int threads, out TangentRow tangent, out MassSums sums)
    {
        int pieces = Pieces.CountOf(job.Columns);
        TangentRow read = new()
        {
            Row = RowPair.Of(job.Scores, job.Vector, row, job.Options.Scores, job.Columns),
            Slots = (byte*)Workspace.Rent((nint)pieces * TangentRow.SlotSize),
            PieceCount = pieces,
            Threads = threads,
        };
        sums = TangentPass<MassBlock, MassSums>.Run(&read);
        read.Top = sums.Top;
        read.LogMass = sums.LogMass;
        read.Centre = sums.Mean;
        tangent = read;
        bool isUnit = job.Options.Scores == Scores.Logits || Math.Abs(Math.Exp(sums.Top + read.LogMass) - 1) <= LargestMassError;
        return sums.Poison == 0 && double.IsFinite(read.LogMass) && double.IsFinite(sums.Total) && isUnit;
    }

    private static void AnswerRow(TangentJob* job, long row, int threads)
    {
        RowStatus status = RowStatus.Ok;
        if (job->Options.RowMask != null && job->Options.RowMask[row] == 0)
        {
            status = RowStatus.Skipped;
            StoreConstants(*job, row, 0);
        }
        else if (TryRead(*job, row, threads, out TangentRow tangent, out MassSums sums))
        {
            if (job->HasResult)
            {
                tangent.Destination = Addressing.Row(job->Result, row);
                tangent.DestinationType = job->Result.DType;
                Addressing.Fill(job->Result, row, job->Columns, job->Result.Columns, 0);
            }

            job->Answer(&tangent, *job, row, sums);
        }
        else
        {
            status = RowStatus.Invalid;
            StoreConstants(*job, row, double.NaN);
        }

        Output.Put(job->RowStatus, row, status);
    }

    private static void StoreConstants(in TangentJob job, long row, double value)
    {
        Output.Put(job.Values, row, value);
        Output.Put(job.Steps, row, value);
        Output.Put(job.QuadraticSteps, row, value);
        if (job.HasResult)
        {
            Addressing.FillRow(job.Result, row, job.Columns, value, 0);
        }
    }
}
