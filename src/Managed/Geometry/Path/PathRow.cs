using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>One row of a batch of path statistics.</summary>
internal static unsafe class PathRow
{
    private struct Context
    {
        internal RowState* State;

        /// <summary>The α that were asked for, then 2 − α of each where ESS_θ is wanted, then −α where ESS_t is.</summary>
        internal double* Alphas;

        internal int Count;

        /// <summary>One list of sums for each piece.</summary>
        internal PathSums* Sums;
    }

    internal static void Measure(PathJob* job, long row, int threads)
    {
        ref readonly SolveOptions options = ref job->Options;
        if (options.RowMask != null && options.RowMask[row] == 0)
        {
            StoreConstants(*job, row, RowStatus.Skipped);
            return;
        }

        int points = job->Count * (1 + (job->Outputs.EssTheta != null ? 1 : 0) + (job->Outputs.EssTarget != null ? 1 : 0));
        nint sums = Pieces.CountOf(job->Columns) * (nint)points * sizeof(PathSums);
        RowState state = RowState.Rent(job->Columns, job->WideKernels, threads, sums + (points * sizeof(double)));
        state.Row = RowPair.Of(job->Theta, job->Target, row, options, job->Columns);
        Context context = new() { State = &state, Count = points, Sums = (PathSums*)state.Room, Alphas = (double*)((byte*)state.Room + sums) };
        SetAlphas(*job, row, context.Alphas);
        RowStatus status = !RowState.HasUnitMass(&state) || !Read(&context) ? RowStatus.Invalid
            : context.Sums[0].Point.IsEmpty ? RowStatus.Disjoint : RowStatus.Ok;
        if (status == RowStatus.Ok)
        {
            StoreStatistics(&context, *job, row);
        }
        else
        {
            StoreConstants(*job, row, status);
        }
    }

    private static void SetAlphas(in PathJob job, long row, double* alphas)
    {
        double* given = job.Alphas + (row * job.AlphaStride);
        int next = 0;
        for (int i = 0; i < job.Count; i++)
        {
            alphas[next++] = given[i];
        }

        for (int i = 0; i < job.Count && job.Outputs.EssTheta != null; i++)
        {
            alphas[next++] = 2 - given[i];
        }

        for (int i = 0; i < job.Count && job.Outputs.EssTarget != null; i++)
        {
            alphas[next++] = -given[i];
        }
    }

    /// <summary>The one reading of the row; the sums end up in the first piece's list.</summary>
    private static bool Read(Context* context)
    {
        RowState* state = context->State;
        Pieces.ForEach(state->PieceCount, state->Threads, &ReadPiece, context);
        if (!RowState.Accept(state))
        {
            return false;
        }

        ReadOnlySpan<double> alphas = new(context->Alphas, context->Count);
        for (int piece = 0; piece < state->PieceCount; piece++)
        {
            PathSums* sums = context->Sums + ((long)piece * context->Count);
            PathSweep.Raise(state->Row, state->Slots[piece].Reading, state->Sums, alphas, sums);
            for (int i = 0; i < context->Count && piece > 0; i++)
            {
                context->Sums[i].Merge(sums[i]);
            }
        }

        return true;
    }

    private static void ReadPiece(void* argument, long piece)
    {
        Context* context = (Context*)argument;
        RowState* state = context->State;
        PieceSlot* slot = state->Slots + piece;
        slot->IsValid = PathSweep.Piece(
            state->Row,
            Pieces.Begin(piece),
            Pieces.End(piece, state->Row.Columns),
            new ReadOnlySpan<double>(context->Alphas, context->Count),
            &slot->Reading,
            context->Sums + (piece * context->Count));
    }

    private static void StoreStatistics(Context* context, in PathJob job, long row)
    {
        RowState* state = context->State;
        int beyond = job.Count, before = job.Outputs.EssTheta != null ? 2 * job.Count : job.Count;
        for (int i = 0; i < job.Count; i++)
        {
            long place = (row * job.Count) + i;
            double alpha = context->Alphas[i], logZ = Math.Min(0, LogZ(context, i));
            ref readonly PathSums sums = ref context->Sums[i];
            double mean = sums.Point.Moments.Mean - state->Kappa;
            Output.Put(job.Outputs.LogZ, place, logZ);
            Output.Put(job.Outputs.KlTheta, place, Math.Max(0, ((1 - alpha) * mean) - logZ));
            Output.Put(job.Outputs.KlTarget, place, Math.Max(0, (-alpha * mean) - logZ));
            Output.Put(job.Outputs.Entropy, place, sums.Entropy);
            Output.Put(job.Outputs.Variance, place, sums.Point.Moments.Variance);
            if (job.Outputs.EssTheta != null)
            {
                job.Outputs.EssTheta[place] = state->Sums.ThetaAlone ? 0 : Math.Min(1, Math.Exp(-logZ - LogZ(context, beyond + i)));
            }

            if (job.Outputs.EssTarget != null)
            {
                job.Outputs.EssTarget[place] = state->Sums.TargetAlone ? 0 : Math.Min(1, Math.Exp(-logZ - LogZ(context, before + i)));
            }

            Output.Put(job.Outputs.RowStatus, place, RowStatus.Ok);
        }

        if (job.WantsQ)
        {
            WriteRows(context, job, row);
        }
    }

    private static double LogZ(Context* context, int point) =>
        context->Sums[point].Point.LogWeight - context->State->Normaliser(context->Alphas[point], 0);

    /// <summary>q and log q, by the sweeps that suit the inputs: theirs is one reading more, for what those sweeps must know of each block.</summary>
    private static void WriteRows(Context* context, in PathJob job, long row)
    {
        RowState* state = context->State;
        state->Kernels = job.Kernels;
        ReadingSums wide = state->Sums;
        (double theta, double target) = (state->ThetaLogMass, state->TargetLogMass);
        RowState.Read(state);
        (state->Sums, state->ThetaLogMass, state->TargetLogMass) = (wide, theta, target);
        for (int i = 0; i < job.Count; i++)
        {
            long place = (row * job.Count) + i;
            ref readonly PointSums sums = ref context->Sums[i].Point;
            PathPoint point = state->PointAt(context->Alphas[i]).Normalised(sums.Exponent, sums.Moments.Weight);
            state->Kernels = job.Kernels;
            state->Kernels = state->Holds(point) ? job.Kernels : job.WideKernels;
            if (job.Outputs.Q != null)
            {
                RowState.Write(state, point, Addressing.Row(job.Q, place));
                Addressing.Fill(job.Q, place, job.Columns, job.Q.Columns, 0);
            }

            if (job.Outputs.LogQ != null)
            {
                RowState.WriteLog(state, point, Addressing.Row(job.LogQ, place));
                Addressing.Fill(job.LogQ, place, job.Columns, job.LogQ.Columns, double.NegativeInfinity);
            }
        }
    }

    /// <summary>A row without statistics: NaN where it is invalid, zeros where it is skipped, what the limits are where it is disjoint.</summary>
    private static void StoreConstants(in PathJob job, long row, RowStatus status)
    {
        bool isDisjoint = status == RowStatus.Disjoint;
        double fill = status == RowStatus.Skipped ? 0 : double.NaN;
        double q = isDisjoint ? 0 : fill, logQ = isDisjoint ? double.NegativeInfinity : fill;
        for (long place = row * job.Count; place < (row + 1) * job.Count; place++)
        {
            Output.Put(job.Outputs.LogZ, place, logQ);
            Output.Put(job.Outputs.KlTheta, place, isDisjoint ? double.PositiveInfinity : fill);
            Output.Put(job.Outputs.KlTarget, place, isDisjoint ? double.PositiveInfinity : fill);
            Output.Put(job.Outputs.EssTheta, place, q);
            Output.Put(job.Outputs.EssTarget, place, q);
            Output.Put(job.Outputs.Entropy, place, fill);
            Output.Put(job.Outputs.Variance, place, fill);
            Output.Put(job.Outputs.RowStatus, place, status);

            if (job.Outputs.Q != null)
            {
                Addressing.FillRow(job.Q, place, job.Columns, q, 0);
            }

            if (job.Outputs.LogQ != null)
            {
                Addressing.FillRow(job.LogQ, place, job.Columns, logQ, status == RowStatus.Skipped ? 0 : double.NegativeInfinity);
            }
        }
    }
}
