using System;
using System.Runtime.Intrinsics;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>A checked tile of every row, and what is to be made of it.</summary>
internal unsafe struct PartialJob
{
    internal Matrix Theta;
    internal Matrix Target;
    internal PartialOptions Options;
    internal PartialRow* Partials;
    internal Matrix Q;
    internal Matrix LogQ;
    internal bool WantsQ;
    internal bool WantsLogQ;
    internal double* Moments;
    internal RowKernels Kernels;
    internal RowKernels WideKernels;

    /// <summary>Real columns of the tile.</summary>
    internal nint Columns;

    internal readonly bool IsMasked(long row) => Options.RowMask != null && Options.RowMask[row] == 0;

    internal readonly double InverseTheta(long row) => 1 / (Options.RowTemperatureTheta == null ? Options.TemperatureTheta : Options.RowTemperatureTheta[row]);

    internal readonly double InverseTarget(long row) => 1 / (Options.RowTemperatureTarget == null ? Options.TemperatureTarget : Options.RowTemperatureTarget[row]);

    internal readonly RowPair Row(long row) => new()
    {
        Theta = Addressing.Row(Theta, row),
        Target = Addressing.Row(Target, row),
        ThetaType = Theta.DType,
        TargetType = Target.DType,
        Columns = Columns,
        InverseTheta = InverseTheta(row),
        InverseTarget = InverseTarget(row),
    };
}

/// <summary>The rows of a tile over the workers.</summary>
internal static unsafe class PartialBatch
{
    /// <summary>Columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 14;

    private static readonly delegate*<in RowPair, PartialRow*, void> Add;
    private static readonly delegate*<in RowPair, in PathPoint, Moments> Measure;

    static PartialBatch()
    {
        if (Width.Is512)
        {
            Add = &PartialReading<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Add;
            Measure = &PartialReading<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Measure;
        }
        else if (Width.Is256)
        {
            Add = &PartialReading<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Add;
            Measure = &PartialReading<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Measure;
        }
        else
        {
            Add = &PartialReading<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Add;
            Measure = &PartialReading<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Measure;
        }
    }

    /// <summary>Adds the tile to the records.</summary>
    internal static void Update(PartialJob* job) => Run(job, &UpdateRow);

    /// <summary>Measures or writes the tile at the points that were found.</summary>
    internal static void Sweep(PartialJob* job) => Run(job, &SweepRow);

    private static void Run(PartialJob* job, delegate*<void*, long, void> body)
    {
        long rows = job->Theta.Rows;
        int threads = rows * job->Columns < SmallestSharedWork ? 1 : Workers.CountFor(job->Options.Threads);
        Workers.Run(rows, threads, body, job);
    }

    private static void UpdateRow(void* argument, long row)
    {
        PartialJob* job = (PartialJob*)argument;
        PartialRow* record = job->Partials + row;
        if (job->IsMasked(row))
        {
            record->Set(PartialFlags.Skipped);
            return;
        }

        RowPair pair = job->Row(row);
        if (record->Columns == 0)
        {
            record->Begin(pair.InverseTheta, pair.InverseTarget);
        }

        record->Set(job->Theta.DType == DType.F64 || job->Target.DType == DType.F64 ? PartialFlags.F64 : PartialFlags.None);
        Add(pair, record);
    }

    private static void SweepRow(void* argument, long row)
    {
        PartialJob* job = (PartialJob*)argument;
        PartialRow* record = job->Partials + row;
        bool hasPoint = !job->IsMasked(row) && record->Status is not (RowStatus.Skipped or RowStatus.Invalid or RowStatus.Disjoint);
        if (!hasPoint)
        {
            bool isInvalid = !job->IsMasked(row) && record->Status == RowStatus.Invalid, isDisjoint = !job->IsMasked(row) && record->Status == RowStatus.Disjoint;
            StoreConstants(job, row, isInvalid ? double.NaN : 0, isInvalid ? double.NaN : isDisjoint ? double.NegativeInfinity : 0);
            return;
        }

        RowPair pair = job->Row(row);
        PathPoint point = new(pair, record->ThetaTop, record->TargetTop, record->Alpha, record->Normaliser(record->Alpha, record->LogZ));
        if (job->Moments != null)
        {
            AddMoments(job->Moments + (row * PartialStatistics.MomentsSize), Measure(pair, point), record->Kappa, job->Columns);
        }

        if (job->WantsQ || job->WantsLogQ)
        {
            Write(job, row, pair, point);
        }
    }

    /// <summary>Of ℓ = d − κ, so that tiles, shards and processes can be added without knowing the record.</summary>
    private static void AddMoments(double* moments, in Moments measured, double kappa, nint columns)
    {
        moments[0] += measured.Weight;
        moments[1] += measured.First - (kappa * measured.Weight);
        moments[2] += measured.Second - (kappa * ((2 * measured.First) - (kappa * measured.Weight)));
        moments[3] += columns;
    }

    private static void Write(PartialJob* job, long row, in RowPair pair, in PathPoint point)
    {
        RowState state = RowState.Rent(job->Columns, job->Kernels, 1);
        state.Row = pair;
        new Span<BlockFlags>(state.Flags, (int)((job->Columns + Blocks.Columns - 1) / Blocks.Columns)).Fill(BlockFlags.Careful);
        if (!state.Holds(point))
        {
            state.Kernels = job->WideKernels;
        }

        if (job->WantsQ)
        {
            RowState.Write(&state, point, Addressing.Row(job->Q, row));
            Addressing.Fill(job->Q, row, job->Columns, job->Q.Columns, 0);
        }

        if (job->WantsLogQ)
        {
            RowState.WriteLog(&state, point, Addressing.Row(job->LogQ, row));
            Addressing.Fill(job->LogQ, row, job->Columns, job->LogQ.Columns, double.NegativeInfinity);
        }
    }

    private static void StoreConstants(PartialJob* job, long row, double q, double logQ)
    {
        if (job->WantsQ)
        {
            Addressing.FillRow(job->Q, row, job->Columns, q, 0);
        }

        if (job->WantsLogQ)
        {
            Addressing.FillRow(job->LogQ, row, job->Columns, logQ, logQ == 0 ? 0 : double.NegativeInfinity);
        }
    }
}
