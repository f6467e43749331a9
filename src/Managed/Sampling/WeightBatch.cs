using System;
using System.Runtime.InteropServices;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>A checked batch of importance weights.</summary>
internal unsafe struct WeightJob
{
    internal Matrix LogPi;
    internal Matrix LogQ;
    internal WeightOptions Options;
    internal WeightOutputs Outputs;
    internal WeightBand Band;

    /// <summary>Sequences in a group, at the levels of sequences.</summary>
    internal long GroupSize;

    /// <summary>[rows]: the logarithm of each sequence's weight, at those levels.</summary>
    internal double* Logs;

    /// <summary>[rows].</summary>
    internal RowStatus* Statuses;

    internal readonly byte* MaskOf(long row) =>
        Options.Mask == null ? null : Options.Mask + (row * (Options.MaskStride == 0 ? LogPi.Columns : Options.MaskStride));
}

/// <summary>Importance weights of a batch, groups over the workers. A token's group is its sequence.</summary>
internal static unsafe class WeightBatch
{
    /// <summary>Tokens in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 13;

    internal static void Run(WeightJob* job)
    {
        long rows = job->LogPi.Rows;
        int threads = rows * job->LogPi.Columns < SmallestSharedWork ? 1 : Workers.CountFor(job->Options.Threads);
        if (job->Options.Level == WeightLevel.Token)
        {
            Workers.Run(rows, threads, &Tokens, job);
            return;
        }

        job->GroupSize = job->Options.GroupSize == 0 ? rows : job->Options.GroupSize;
        job->Logs = (double*)NativeMemory.Alloc((nuint)rows, sizeof(double) + sizeof(RowStatus));
        job->Statuses = (RowStatus*)(job->Logs + rows);
        try
        {
            Workers.Run(rows, threads, &Sequence, job);
            Workers.Run(rows / job->GroupSize, threads, &Sequences, job);
        }
        finally
        {
            NativeMemory.Free(job->Logs);
        }
    }

    private static void Tokens(void* argument, long row)
    {
        WeightJob* job = (WeightJob*)argument;
        int columns = (int)job->LogPi.Columns;
        double* ratios = (double*)Workspace.Rent((3 * columns * sizeof(double)) + LogWeights.ScratchBytes(columns));
        double* chosen = ratios + columns, scratch = chosen + (2 * columns);
        RowStatus status = ReadRatios(*job, row, ratios, chosen);
        byte* mask = job->MaskOf(row);
        int count = 0;
        for (int i = 0; i < columns; i++)
        {
            if (mask == null || mask[i] != 0)
            {
                chosen[count++] = ratios[i];
            }
        }

        Output.Put(job->Outputs.RowStatus, row, status);

        Group(*job, row, chosen, count, status == RowStatus.Invalid, scratch);
        for (int i = 0, next = 0; i < columns; i++)
        {
            bool isIn = mask == null || mask[i] != 0;
            ratios[i] = status == RowStatus.Invalid ? double.NaN : isIn ? chosen[next++] : double.NegativeInfinity;
        }

        Write(*job, row, ratios, columns);
    }

    private static void Sequence(void* argument, long row)
    {
        WeightJob* job = (WeightJob*)argument;
        int columns = (int)job->LogPi.Columns;
        double* ratios = (double*)Workspace.Rent(2 * columns * sizeof(double));
        RowStatus status = ReadRatios(*job, row, ratios, ratios + columns);
        job->Statuses[row] = status;
        job->Logs[row] = status switch
        {
            RowStatus.Ok => Total(ratios, job->MaskOf(row), columns, job->Options.Level),
            RowStatus.Skipped => double.NegativeInfinity,
            _ => double.NaN,
        };
    }

    /// <summary>The weights of a group of sequences. Those without tokens, or invalid, are as if they were absent.</summary>
    private static void Sequences(void* argument, long group)
    {
        WeightJob* job = (WeightJob*)argument;
        int size = (int)job->GroupSize, count = 0;
        double* chosen = (double*)Workspace.Rent((size * sizeof(double)) + LogWeights.ScratchBytes(size)), logs = job->Logs + (group * size);
        RowStatus* statuses = job->Statuses + (group * size);
        for (int i = 0; i < size; i++)
        {
            if (statuses[i] == RowStatus.Ok)
            {
                chosen[count++] = logs[i];
            }
        }

        Group(*job, group, chosen, count, false, chosen + size);
        for (int i = 0, next = 0; i < size; i++)
        {
            double log = statuses[i] == RowStatus.Ok ? chosen[next++] : logs[i];
            Write(*job, (group * size) + i, &log, 1);
            Output.Put(job->Outputs.RowStatus, (group * size) + i, statuses[i]);
        }
    }

    /// <summary>log π − log q of a row's tokens.</summary>
    private static RowStatus ReadRatios(in WeightJob job, long row, double* ratios, double* scratch)
    {
        int columns = (int)job.LogPi.Columns;
        WholeRows.Read(job.LogPi, row, ratios);
        WholeRows.Read(job.LogQ, row, scratch);
        byte* mask = job.MaskOf(row);
        bool isEmpty = true;
        for (int i = 0; i < columns; i++)
        {
            if (mask != null && mask[i] == 0)
            {
                continue;
            }

            isEmpty = false;
            if (!double.IsFinite(scratch[i]) || !(ratios[i] < double.PositiveInfinity))
            {
                return RowStatus.Invalid;
            }

            ratios[i] -= scratch[i];
        }

        return isEmpty ? RowStatus.Skipped : RowStatus.Ok;
    }

    /// <summary>The sum over the tokens, compensated (Neumaier), or its mean.</summary>
    private static double Total(double* ratios, byte* mask, int columns, WeightLevel level)
    {
        double sum = 0, lost = 0;
        int count = 0;
        for (int i = 0; i < columns; i++)
        {
            if (mask != null && mask[i] == 0)
            {
                continue;
            }

            if (double.IsNegativeInfinity(ratios[i]))
            {
                return double.NegativeInfinity;
            }

            double next = sum + ratios[i];
            lost += Math.Abs(sum) >= Math.Abs(ratios[i]) ? sum - next + ratios[i] : ratios[i] - next + sum;
            sum = next;
            count++;
        }

        return level == WeightLevel.Geometric ? (sum + lost) / count : sum + lost;
    }

    private static void Group(in WeightJob job, long group, double* logs, int count, bool isInvalid, void* scratch)
    {
        WeightOutputs outputs = job.Outputs;
        double shape = isInvalid ? double.NaN : LogWeights.Apply(logs, count, job.Band, outputs.KHat != null, scratch);
        Output.Put(outputs.KHat, group, shape);

        if (outputs.Ess != null)
        {
            outputs.Ess[group] = isInvalid ? double.NaN : LogWeights.EffectiveSampleSize(logs, count);
        }

        if (outputs.MaxWeight != null)
        {
            double largest = LogWeights.Largest(logs, isInvalid ? 0 : count);
            outputs.MaxWeight[group] = isInvalid ? double.NaN : count == 0 ? 0 : LogWeights.Linear(largest, job.Band);
        }
    }

    /// <summary>Stores logarithms and their exponentials; −∞ of a token that is left out is weight 0 in every mode.</summary>
    private static void Write(in WeightJob job, long row, double* logs, int count)
    {
        if (job.Outputs.LogWeights != null)
        {
            WholeRows.Write(*job.Outputs.LogWeights, row, logs);
        }

        if (job.Outputs.Weights != null)
        {
            for (int i = 0; i < count; i++)
            {
                logs[i] = double.IsNegativeInfinity(logs[i]) ? 0 : LogWeights.Linear(logs[i], job.Band);
            }

            WholeRows.Write(*job.Outputs.Weights, row, logs);
        }
    }
}
