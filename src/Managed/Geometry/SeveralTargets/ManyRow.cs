using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>Room for one piece's sums, so that workers never share a slot.</summary>
internal struct ManySlot
{
    internal ManyMasses Masses;
    internal ManySums Sums;
}

/// <summary>
/// One row of several policies while it is solved: its sweeps, each run over the row's pieces by one worker or by several, and added in the
/// pieces' order.
/// </summary>
internal unsafe struct ManyRow
{
    /// <summary>Probabilities and log-probabilities are renormalised when their mass is this close to 1, as everywhere.</summary>
    private const double LargestMassError = 1e-3;

    internal int Count;
    internal nint Columns;
    internal Scores Scores;
    internal double CostWeight;
    internal ManyKernels Kernels;

    /// <summary>Of each policy, and of the cost: where its row begins, and its dtype.</summary>
    internal fixed long Data[SeveralTargets.Most];
    internal fixed int DTypes[SeveralTargets.Most];
    internal void* Cost;
    internal DType CostType;

    /// <summary>Of each policy's largest score.</summary>
    internal fixed double Top[SeveralTargets.Most];

    /// <summary>log of each policy's mass, relative to its top, in nats.</summary>
    internal fixed double LogMass[SeveralTargets.Most];

    internal bool SupportsDiffer;

    /// <summary>
    /// s of log Z_s(β) = log Σ exp(s (Σ β_i log π_i − λ c)) / s: 1 but for <see cref="SimplexNewton"/> on its way to rows of sharp policies.
    /// </summary>
    internal double Sharpness;

    private ManySlot* slots;
    private int pieces;
    private int threads;
    private double* beta;
    private ManyPoint* point;
    private void* destination;

    /// <summary>A row of the batch, its slots in this thread's workspace.</summary>
    internal static ManyRow Rent(in ManyJob job, long row, int threads)
    {
        int pieces = (int)((job.Columns + Blocks.PieceColumns - 1) / Blocks.PieceColumns);
        ManyRow state = new()
        {
            Count = job.Count,
            Columns = job.Columns,
            Scores = job.Options.Scores,
            CostWeight = job.CostWeight(row),
            Sharpness = 1,
            Kernels = job.Kernels,
            Cost = job.CostRow(row),
            CostType = job.Options.Cost == null ? default : job.Options.Cost->DType,
            slots = (ManySlot*)Workspace.Rent(pieces * sizeof(ManySlot)),
            pieces = pieces,
            threads = threads,
        };
        for (int i = 0; i < job.Count; i++)
        {
            state.Data[i] = (long)Addressing.Row(job.Policies[i], row);
            state.DTypes[i] = (int)job.Policies[i].DType;
        }

        return state;
    }

    /// <summary>The reading sweep.</summary>
    /// <returns>False when a score is NaN or +∞, a policy masks everything or has not the mass it should, or a cost is not finite.</returns>
    internal static bool Read(ManyRow* row)
    {
        ForEachPiece(row, &ReadPiece);
        ManyMasses masses = row->slots[0].Masses;
        for (int i = 1; i < row->pieces; i++)
        {
            masses.Merge(row->slots[i].Masses, row->Count);
        }

        row->SupportsDiffer = masses.SupportsDiffer;
        bool isValid = !masses.IsPoisoned;
        for (int i = 0; i < row->Count; i++)
        {
            row->Top[i] = masses.Top[i];
            row->LogMass[i] = Math.Log(masses.Mass[i]);
            isValid &= double.IsFinite(row->LogMass[i]) && (row->Scores == Scores.Logits || IsUnit(row->Top[i], row->LogMass[i]));
        }

        return isValid;
    }

    /// <summary>Measures the row at a β.</summary>
    /// <returns>False when no token is common to all policies.</returns>
    internal static bool Measure(ManyRow* row, double* beta, ManyPoint* point)
    {
        row->beta = beta;
        ForEachPiece(row, &MeasurePiece);
        ManySums sums = row->slots[0].Sums;
        for (int i = 1; i < row->pieces; i++)
        {
            sums.Merge(row->slots[i].Sums, row->Count);
        }

        if (sums.IsEmpty)
        {
            return false;
        }

        point->Set(beta, sums, *row);
        return true;
    }

    /// <summary>Stores q from <paramref name="q"/>, the row's first element, on.</summary>
    internal static void Write(ManyRow* row, ManyPoint* point, void* q)
    {
        row->point = point;
        row->destination = q;
        ForEachPiece(row, &WritePiece);
    }

    /// <summary>Stores log q.</summary>
    internal static void WriteLog(ManyRow* row, ManyPoint* point, void* logQ)
    {
        row->point = point;
        row->destination = logQ;
        ForEachPiece(row, &WriteLogPiece);
    }

    private static bool IsUnit(double top, double logMass) => Math.Abs(Math.Exp(top + logMass) - 1) <= LargestMassError;

    private static void ForEachPiece(ManyRow* row, delegate*<void*, long, void> body) =>
        Workers.Run(row->pieces, row->threads, body, row);

    private static nint Begin(long piece) => (nint)piece * Blocks.PieceColumns;

    private static nint End(ManyRow* row, long piece) => Math.Min(Begin(piece + 1), row->Columns);

    private static void ReadPiece(void* context, long piece)
    {
        ManyRow* row = (ManyRow*)context;
        row->Kernels.Read(*row, Begin(piece), End(row, piece), &row->slots[piece].Masses);
    }

    private static void MeasurePiece(void* context, long piece)
    {
        ManyRow* row = (ManyRow*)context;
        row->Kernels.Measure(*row, Begin(piece), End(row, piece), row->beta, &row->slots[piece].Sums);
    }

    private static void WritePiece(void* context, long piece)
    {
        ManyRow* row = (ManyRow*)context;
        row->Kernels.Write(*row, Begin(piece), End(row, piece), row->point, row->destination);
    }

    private static void WriteLogPiece(void* context, long piece)
    {
        ManyRow* row = (ManyRow*)context;
        row->Kernels.WriteLog(*row, Begin(piece), End(row, piece), row->point, row->destination);
    }
}
