using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of pairs of distributions, each to give one row of results, or two.</summary>
internal unsafe struct GradientJob
{
    internal Matrix Theta;
    internal Matrix Target;
    internal SolveOptions Options;
    internal nint Columns;
    internal RowKernels Kernels;

    /// <summary>Writes the results of a row whose status is OK or DISJOINT so far; false where there are none, which makes them NaN.</summary>
    internal delegate*<RowState*, PairRow*, in GradientJob, long, ref RowStatus, bool> Answer;

    internal Matrix First;
    internal bool HasFirst;
    internal Matrix Second;
    internal bool HasSecond;

    /// <summary>[rows], or null: where on the path; what comes with it.</summary>
    internal double* Alpha;
    internal double* AlphaCotangent;
    internal double* KlCotangent;
    internal double* HeldCotangent;
    internal Matrix LogQCotangent;
    internal bool HasLogQ;

    internal GeodesicKind Geodesic;
    internal RowStatus* RowStatus;

    internal static double At(double* values, long row, double otherwise) => values == null ? otherwise : values[row];
}

/// <summary>Such rows over the workers.</summary>
internal static unsafe class GradientBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 16;

    internal static void Run(GradientJob* job)
    {
        ref readonly SolveOptions options = ref job->Options;
        job->Columns = Addressing.RealColumns(job->Theta, options.ValidColumns);
        job->Kernels = RowKernels.Choose(job->Theta, job->Target, options, forceF64: true, DType.F64, DType.F64);
        new RowShares(job->Theta.Rows, job->Columns, options.Threads, SmallestSharedWork).ForEachRow(job, &AnswerAndReport);
    }

    private static void AnswerAndReport(GradientJob* job, long row, int threads)
    {
        RowStatus status = AnswerRow(*job, row, threads);
        Output.Put(job->RowStatus, row, status);
    }

    private static RowStatus AnswerRow(in GradientJob job, long row, int threads)
    {
        if (job.Options.RowMask != null && job.Options.RowMask[row] == 0)
        {
            StoreConstant(job, row, 0);
            return RowStatus.Skipped;
        }

        RowState state = RowState.Rent(job.Columns, job.Kernels, threads);
        state.Row = RowPair.Of(job.Theta, job.Target, row, job.Options, job.Columns);
        RowStatus status = RowState.HasUnitMass(&state) ? RowDivergence.Read(&state) : RowStatus.Invalid;
        bool isAnswered = false;
        if (status != RowStatus.Invalid)
        {
            PairRow pair = PairOf(&state, job, row);
            isAnswered = job.Answer(&state, &pair, job, row, ref status);
        }

        if (!isAnswered)
        {
            StoreConstant(job, row, double.NaN);
        }

        return status;
    }

    private static PairRow PairOf(RowState* state, in GradientJob job, long row)
    {
        PairRow pair = new(state);
        if (job.HasFirst)
        {
            pair.First = Addressing.Row(job.First, row);
            pair.FirstType = job.First.DType;
            Addressing.Fill(job.First, row, job.Columns, job.First.Columns, 0);
        }

        if (job.HasSecond)
        {
            pair.Second = Addressing.Row(job.Second, row);
            pair.SecondType = job.Second.DType;
            Addressing.Fill(job.Second, row, job.Columns, job.Second.Columns, 0);
        }

        if (job.HasLogQ)
        {
            pair.Vector = Addressing.Row(job.LogQCotangent, row);
            pair.VectorType = job.LogQCotangent.DType;
        }

        return pair;
    }

    private static void StoreConstant(in GradientJob job, long row, double value)
    {
        if (job.HasFirst)
        {
            Addressing.FillRow(job.First, row, job.Columns, value, 0);
        }

        if (job.HasSecond)
        {
            Addressing.FillRow(job.Second, row, job.Columns, value, 0);
        }
    }
}
