using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of divergences.</summary>
internal unsafe struct DivergenceJob
{
    internal Matrix P;
    internal Matrix Q;
    internal DivergenceOptions Options;
    internal double* Values;
    internal RowStatus* RowStatus;
    internal nint Columns;

    /// <summary>The first reading sweep of every row …</summary>
    internal RowKernels Kernels;

    /// <summary>… and the f64 one, for rows that f32 is too coarse for.</summary>
    internal RowKernels WideKernels;
}

/// <summary>Divergences of a batch, rows over the workers.</summary>
internal static unsafe class DivergenceBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 17;

    private struct Context
    {
        internal DivergenceJob* Job;
        internal RowShares Shares;
    }

    internal static void Run(DivergenceJob* job)
    {
        ref readonly DivergenceOptions options = ref job->Options;
        job->Columns = (nint)(options.ValidColumns == 0 ? job->P.Columns : options.ValidColumns);
        job->WideKernels = RowKernels.Choose(job->P.DType, job->Q.DType, options.Scores, isUnitScale: true, forceF64: true, DType.F64, DType.F64);
        job->Kernels = IsReadInF64(options)
            ? job->WideKernels
            : RowKernels.Choose(job->P.DType, job->Q.DType, options.Scores, isUnitScale: true, forceF64: false, DType.F64, DType.F64);
        Context context = new() { Job = job, Shares = new RowShares(job->P.Rows, job->Columns, options.Threads, SmallestSharedWork) };
        Workers.Run(context.Shares.Items, context.Shares.Threads, &MeasureRows, &context);
    }

    /// <summary>The logarithm of a probability in f32 would be the largest error of all; the other kinds need f64 terms anyway.</summary>
    private static bool IsReadInF64(in DivergenceOptions options) => options.Scores == Scores.Probs || options.Kind is
        DivergenceKind.Ess or DivergenceKind.JensenShannon or DivergenceKind.Renyi or DivergenceKind.TotalVariation;

    private static void MeasureRows(void* argument, long item)
    {
        Context* context = (Context*)argument;
        long end = context->Shares.End(item);
        for (long row = context->Shares.Begin(item); row < end; row++)
        {
            MeasureRow(context->Job, row, context->Shares.ThreadsPerRow);
        }
    }

    private static void MeasureRow(DivergenceJob* job, long row, int threads)
    {
        ref readonly DivergenceOptions options = ref job->Options;
        RowStatus status = RowStatus.Skipped;
        double value = 0;
        if (options.RowMask == null || options.RowMask[row] != 0)
        {
            RowState state = RowState.Rent(job->Columns, job->Kernels, threads);
            state.Row = RowPair.Of(job->P, job->Q, row, options.Scores, job->Columns);
            value = RowDivergence.Measure(&state, *job, options.RowOrder == null ? options.Order : options.RowOrder[row], out status);
        }

        job->Values[row] = value * UnitFactor(options);
        if (job->RowStatus != null)
        {
            job->RowStatus[row] = status;
        }
    }

    private static double UnitFactor(in DivergenceOptions options) => options.Unit == Unit.Bits && options.Kind is not
        (DivergenceKind.Ess or DivergenceKind.Hellinger or DivergenceKind.TotalVariation or DivergenceKind.FisherRao) ? Constants.Log2E : 1;
}
