using System;
using System.Threading;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Everything that can be wrong about a call, found at the door; the ids among it, since a token that is listed twice has no probability.</summary>
internal static unsafe class TopKChecks
{
    internal static void Check(ref TopKJob job)
    {
        ref readonly TopKOptions options = ref job.Options;
        MatrixChecks.Check(job.Theta, job.Theta.Rows, "theta");
        MatrixChecks.Check(job.LogProbs, job.Theta.Rows, "log_probs");
        MatrixChecks.Require(options.ValidColumns >= 0 && options.ValidColumns <= job.Theta.Columns, "valid_columns", $"valid_columns is {options.ValidColumns}, must be at least 0 and at most the {job.Theta.Columns} columns of theta");
        MatrixChecks.Require((uint)options.Tail <= (uint)TopKTail.Renormalize, "tail", $"tail {(int)options.Tail} is not an eqp_topk_tail");
        MatrixChecks.Require(options.Tolerance > 0 && double.IsFinite(options.Tolerance), "tolerance", $"tolerance is {options.Tolerance}, must be above 0");
        MatrixChecks.Require(options.MaxIterations >= 1, "max_iterations", $"max_iterations is {options.MaxIterations}, must be at least 1");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
        MatrixChecks.Require(options.IdStride >= 0, "id_stride", $"id_stride is {options.IdStride}, must be at least 0");
        ParameterChecks.Check(
            options.RowTemperatureTheta, options.TemperatureTheta, job.Theta.Rows, options.RowMask, "temperature_theta", &ParameterChecks.IsTemperature, SolveChecks.Positive);
        if (job.Theta.Rows > 0)
        {
            MatrixChecks.Require(job.LogProbs.Columns <= TopK.Largest, "log_probs", $"log_probs has {job.LogProbs.Columns} columns, must have at most {TopK.Largest}");
            MatrixChecks.Require(job.Ids != null, "ids", "ids is null");
        }

        job.Columns = Addressing.RealColumns(job.Theta, options.ValidColumns);
        job.IdStride = options.IdStride == 0 ? job.LogProbs.Columns : options.IdStride;
        CheckOutputs(job);
    }

    /// <summary>Every id is a token or −1, and no row lists one twice; what stands in a slot of probability 0 is not read.</summary>
    internal static void CheckIds(TopKJob* job)
    {
        IdCheck check = new() { Job = job, FirstBad = long.MaxValue };
        Workers.Run(job->Theta.Rows, job->Theta.Rows * job->K < 1L << 16 ? 1 : Workers.CountFor(job->Options.Threads), &CheckRow, &check);
        if (check.FirstBad != long.MaxValue)
        {
            Describe(job, check.FirstBad);
        }
    }

    /// <summary>A bit per token, all 0.</summary>
    internal static ulong* RentBits(nint columns)
    {
        nint words = (columns + 63) / 64;
        ulong* bits = (ulong*)Workspace.Rent(words * sizeof(ulong));
        new Span<ulong>(bits, (int)words).Clear();
        return bits;
    }

    private struct IdCheck
    {
        internal TopKJob* Job;
        internal long FirstBad;
    }

    private static void CheckRow(void* argument, long row)
    {
        IdCheck* check = (IdCheck*)argument;
        if (!check->Job->IsMasked(row) && FirstWrong(check->Job, row) >= 0)
        {
            for (long known = Volatile.Read(ref check->FirstBad); row < known; known = Volatile.Read(ref check->FirstBad))
            {
                Interlocked.CompareExchange(ref check->FirstBad, row, known);
            }
        }
    }

    /// <summary>The place of the first id that is no token or was there before, or −1.</summary>
    private static int FirstWrong(TopKJob* job, long row)
    {
        ulong* bits = RentBits(job->Columns);
        long* ids = job->Ids + (row * job->IdStride);
        byte* logProbs = Addressing.Row(job->LogProbs, row);
        for (int k = 0; k < job->K; k++)
        {
            long id = ids[k];
            if (id == -1 || double.IsNegativeInfinity(Elements.Read(logProbs, k, job->LogProbs.DType)))
            {
                continue;
            }

            if (id < 0 || id >= job->Columns || (bits[id >> 6] >> (int)(id & 63) & 1) != 0)
            {
                return k;
            }

            bits[id >> 6] |= 1ul << (int)(id & 63);
        }

        return -1;
    }

    private static void Describe(TopKJob* job, long row)
    {
        int place = FirstWrong(job, row);
        long id = job->Ids[(row * job->IdStride) + place];
        bool isToken = id >= 0 && id < job->Columns;
        throw new ArgumentException(
            isToken ? $"ids: row {row} lists token {id} twice" : $"ids[{row}, {place}] is {id}, must be -1 or in [0, {job->Columns})", "ids");
    }

    private static void CheckOutputs(in TopKJob job)
    {
        if (job.Solution.Q != null)
        {
            CheckOutput(job, *job.Solution.Q, job.LogProbs.Columns, "q");
        }

        if (job.Solution.Gradient != null)
        {
            CheckOutput(job, *job.Solution.Gradient, job.Theta.Columns, "gradient");
        }
    }

    private static void CheckOutput(in TopKJob job, in Matrix output, long columns, string name)
    {
        MatrixChecks.CheckOutput(output, job.Theta.Rows, columns, name);
        MatrixChecks.CheckApart(output, name, job.Theta, "theta");
        MatrixChecks.CheckApart(output, name, job.LogProbs, "log_probs");
    }
}
