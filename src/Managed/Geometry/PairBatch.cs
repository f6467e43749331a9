using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of pairs of distributions, each to give one number.</summary>
internal unsafe struct PairJob
{
    internal Matrix P;
    internal Matrix Q;
    internal Scores Scores;
    internal nint Columns;
    internal byte* RowMask;
    internal int Threads;

    /// <summary>What a row gives.</summary>
    internal delegate*<RowState*, in PairJob, long, out RowStatus, double> Measure;

    /// <summary>Which one, in the numbers of whoever measures.</summary>
    internal int Kind;

    /// <summary>The measure's parameter, and one per row instead, or null.</summary>
    internal double Parameter;
    internal double* RowParameter;

    /// <summary>Of either distribution, and one per row instead, or null.</summary>
    internal double TemperatureP;
    internal double TemperatureQ;
    internal double* RowTemperatureP;
    internal double* RowTemperatureQ;

    /// <summary>Multiplies every number.</summary>
    internal double Factor;

    internal double* Values;
    internal RowStatus* RowStatus;

    /// <summary>The first reading sweep of every row …</summary>
    internal RowKernels Kernels;

    /// <summary>… and the f64 one, for rows that f32 is too coarse for.</summary>
    internal RowKernels WideKernels;

    /// <summary>Of checked arguments.</summary>
    internal static PairJob Of(in Matrix p, in Matrix q, Scores scores, long validColumns, byte* rowMask, int threads) => new()
    {
        P = p,
        Q = q,
        Scores = scores,
        Columns = Addressing.RealColumns(p, validColumns),
        RowMask = rowMask,
        Threads = threads,
        TemperatureP = 1,
        TemperatureQ = 1,
        Factor = 1,
    };

    internal readonly bool IsUnitScale => TemperatureP == 1 && TemperatureQ == 1 && RowTemperatureP == null && RowTemperatureQ == null;

    internal readonly double ParameterOf(long row) => RowParameter == null ? Parameter : RowParameter[row];

    internal readonly RowPair Row(long row) => RowPair.Of(P, Q, row, Scores, Columns) with
    {
        InverseTheta = 1 / (RowTemperatureP == null ? TemperatureP : RowTemperatureP[row]),
        InverseTarget = 1 / (RowTemperatureQ == null ? TemperatureQ : RowTemperatureQ[row]),
    };
}

/// <summary>Pairs of rows over the workers.</summary>
internal static unsafe class PairBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 17;

    /// <param name="job">All but the kernels is set.</param>
    /// <param name="isF64">f64 whatever the dtypes.</param>
    internal static void Run(PairJob* job, bool isF64)
    {
        job->WideKernels = RowKernels.Choose(job->P.DType, job->Q.DType, job->Scores, job->IsUnitScale, forceF64: true, DType.F64, DType.F64);
        job->Kernels = isF64
            ? job->WideKernels
            : RowKernels.Choose(job->P.DType, job->Q.DType, job->Scores, job->IsUnitScale, forceF64: false, DType.F64, DType.F64);
        new RowShares(job->P.Rows, job->Columns, job->Threads, SmallestSharedWork).ForEachRow(job, &MeasureRow);
    }

    private static void MeasureRow(PairJob* job, long row, int threads)
    {
        RowStatus status = RowStatus.Skipped;
        double value = 0;
        if (job->RowMask == null || job->RowMask[row] != 0)
        {
            RowState state = RowState.Rent(job->Columns, job->Kernels, threads);
            state.Row = job->Row(row);
            value = job->Measure(&state, *job, row, out status);
        }

        job->Values[row] = value * job->Factor;
        Output.Put(job->RowStatus, row, status);
    }
}
