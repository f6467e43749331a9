using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Losses;

/// <summary>A checked batch of gradients.</summary>
internal unsafe struct GradientJob
{
    internal SolveJob Rows;
    internal LossGradient Kind;
    internal LossRecord* Records;
    internal double* Upstream;
    internal Matrix Gradient;
    internal GradientKernels Kernels;
}

/// <summary>The rows of a backward pass over the workers.</summary>
internal static unsafe class GradientBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 18;

    /// <summary>log2 of a normaliser beyond which f32 exponents are too coarse.</summary>
    private const double LargestOffsetF32 = 48;

    /// <summary>One row's sweep, piece by piece.</summary>
    private struct RowContext
    {
        internal RowPair Row;
        internal GradientPoint Point;
        internal delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> Write;
        internal byte* Gradient;
    }

    internal static void Run(GradientJob* job)
    {
        ref readonly SolveJob rows = ref job->Rows;
        new RowShares(rows.Theta.Rows, rows.Columns, rows.Options.Threads, SmallestSharedWork).ForEachRow(job, &WriteRow);
    }

    private static void WriteRow(GradientJob* job, long row, int threads)
    {
        byte* mask = job->Rows.Options.RowMask;
        nint columns = job->Rows.Columns;
        Addressing.Fill(job->Gradient, row, columns, job->Gradient.Columns, 0);
        if (mask != null && mask[row] == 0)
        {
            Addressing.Fill(job->Gradient, row, 0, columns, 0);
            return;
        }

        LossRecord record = job->Records[row];
        if (double.IsNaN(record.Alpha))
        {
            Addressing.Fill(job->Gradient, row, 0, columns, double.NaN);
            return;
        }

        RowContext context = new() { Row = RowPair.Of(job->Rows.Theta, job->Rows.Target, row, job->Rows.Options, columns), Gradient = Addressing.Row(job->Gradient, row) };
        context.Point = PointOf(*job, row, context.Row, record);
        bool isFar = Math.Abs(context.Point.Point.Offset) >= LargestOffsetF32 || Math.Abs(context.Point.Policy.Offset) >= LargestOffsetF32;
        context.Write = isFar ? job->Kernels.WriteWide : job->Kernels.Write;
        Pieces.ForEach(Pieces.CountOf(columns), threads, &WritePiece, &context);
    }

    private static void WritePiece(void* argument, long piece)
    {
        RowContext* context = (RowContext*)argument;
        context->Write(context->Row, Pieces.Begin(piece), Pieces.End(piece, context->Row.Columns), context->Point, context->Gradient);
    }

    /// <summary>
    /// Scores are taken relative to each log-sum-exp, rounded to f32: differences from it are exact near the top, and what the rounding left
    /// goes into the offsets.
    /// </summary>
    private static GradientPoint PointOf(in GradientJob job, long row, in RowPair pair, in LossRecord record)
    {
        double thetaTop = (float)(record.ThetaLogSumExp / pair.InverseTheta), targetTop = (float)(record.TargetLogSumExp / pair.InverseTarget);
        double theta = record.ThetaLogSumExp - (thetaTop * pair.InverseTheta), target = record.TargetLogSumExp - (targetTop * pair.InverseTarget);
        double alpha = record.Alpha, upstream = job.Upstream == null ? 1 : job.Upstream[row];
        double weight = upstream * pair.InverseTheta * (job.Kind == LossGradient.Full ? alpha : 1);
        return new GradientPoint(
            new PathPoint(pair, thetaTop, targetTop, 1, theta),
            new PathPoint(pair, thetaTop, targetTop, alpha, record.LogZ + (alpha * theta) + ((1 - alpha) * target)),
            weight);
    }
}
