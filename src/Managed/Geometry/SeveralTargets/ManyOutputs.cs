using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>Turns a solved row into the outputs that were asked for.</summary>
internal static unsafe class ManyOutputs
{
    internal static void Store(in ManyJob job, ManyRow* row, long index, RowStatus status, ManyPoint* point, int iterations)
    {
        switch (status)
        {
            case RowStatus.Invalid:
                StoreConstants(job, index, status, double.NaN);
                break;
            case RowStatus.Disjoint:
                StoreScalars(job, index, double.NaN, double.NegativeInfinity, double.PositiveInfinity, double.NaN);
                StoreRows(job, index, 0, double.NegativeInfinity);
                StoreEnd(job, index, status, iterations);
                break;
            default:
                StoreSolved(job, row, index, point);
                StoreEnd(job, index, status, iterations);
                break;
        }
    }

    /// <summary>The same value everywhere: NaN for a row that is invalid, 0 for one that is skipped.</summary>
    internal static void StoreConstants(in ManyJob job, long index, RowStatus status, double value)
    {
        StoreScalars(job, index, value, value, value, value);
        StoreRows(job, index, value, value);
        StoreEnd(job, index, status, 0);
    }

    private static void StoreSolved(in ManyJob job, ManyRow* row, long index, ManyPoint* point)
    {
        Span<double> beta = new(point->Beta, job.Count), kl = new(point->Kl, job.Count);
        CopyTo(beta, job.Solution.Beta, index);
        CopyTo(kl, job.Solution.Kl, index);
        Output.Put(job.Solution.LogZ, index, point->LogZ);
        Output.Put(job.Solution.Residual, index, point->Residual());
        if (job.Solution.Q != null)
        {
            ManyRow.Write(row, point, Addressing.Row(job.Q, index));
            Addressing.Fill(job.Q, index, job.Columns, job.Q.Columns, 0);
        }

        if (job.Solution.LogQ != null)
        {
            ManyRow.WriteLog(row, point, Addressing.Row(job.LogQ, index));
            Addressing.Fill(job.LogQ, index, job.Columns, job.LogQ.Columns, double.NegativeInfinity);
        }
    }

    private static void StoreScalars(in ManyJob job, long index, double beta, double logZ, double kl, double residual)
    {
        for (int i = 0; i < job.Count; i++)
        {
            Output.Put(job.Solution.Beta, (index * job.Count) + i, beta);
            Output.Put(job.Solution.Kl, (index * job.Count) + i, kl);
        }

        Output.Put(job.Solution.LogZ, index, logZ);
        Output.Put(job.Solution.Residual, index, residual);
    }

    private static void StoreRows(in ManyJob job, long index, double q, double logQ)
    {
        if (job.Solution.Q != null)
        {
            Addressing.FillRow(job.Q, index, job.Columns, q, 0);
        }

        if (job.Solution.LogQ != null)
        {
            Addressing.FillRow(job.LogQ, index, job.Columns, logQ, logQ == 0 ? 0 : double.NegativeInfinity);
        }
    }

    private static void StoreEnd(in ManyJob job, long index, RowStatus status, int iterations)
    {
        Output.Put(job.Solution.Iterations, index, iterations);
        Output.Put(job.Solution.RowStatus, index, status);
    }

    private static void CopyTo(Span<double> values, double* output, long index)
    {
        if (output != null)
        {
            values.CopyTo(new Span<double>(output + (index * values.Length), values.Length));
        }
    }
}
