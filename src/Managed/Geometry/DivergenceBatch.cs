using System;
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
    internal RowKernels Kernels;
    internal nint Columns;
}

/// <summary>
/// Divergences of a batch, rows over the workers. Each is a statistic of the path with q as the policy and p as the target, or the reverse.
/// </summary>
internal static unsafe class DivergenceBatch
{
    /// <summary>f64 columns in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 16;

    internal static void Run(DivergenceJob* job)
    {
        bool isEss = job->Options.Kind == DivergenceKind.Ess;
        DType theta = isEss ? job->P.DType : job->Q.DType, target = isEss ? job->Q.DType : job->P.DType;
        job->Columns = (nint)(job->Options.ValidColumns == 0 ? job->P.Columns : job->Options.ValidColumns);
        job->Kernels = RowKernels.Choose(theta, target, job->Options.Scores, isUnitScale: true, forceF64: true, DType.F64, DType.F64);
        int threads = Workers.CountFor(job->Options.Threads);
        Workers.Run(job->P.Rows, job->P.Rows * job->Columns < SmallestSharedWork ? 1 : threads, &ComputeRow, job);
    }

    private static void ComputeRow(void* argument, long row)
    {
        DivergenceJob* job = (DivergenceJob*)argument;
        RowStatus status = RowStatus.Skipped;
        double value = 0;
        if (job->Options.RowMask == null || job->Options.RowMask[row] != 0)
        {
            RowState state = RowState.Rent(job->Columns, job->Kernels, 1);
            bool isEss = job->Options.Kind == DivergenceKind.Ess;
            SetRow(ref state.Row, *job, isEss ? job->P : job->Q, isEss ? job->Q : job->P, row);
            value = isEss ? EffectiveSampleSize(&state, out status) : Kl(&state, out status);
        }

        job->Values[row] = value;
        if (job->RowStatus != null)
        {
            job->RowStatus[row] = status;
        }
    }

    private static void SetRow(ref RowPair pair, in DivergenceJob job, in Matrix theta, in Matrix target, long row)
    {
        pair.Theta = Addressing.Row(theta, row);
        pair.Target = Addressing.Row(target, row);
        pair.ThetaType = theta.DType;
        pair.TargetType = target.DType;
        pair.Scores = job.Options.Scores;
        pair.Columns = job.Columns;
        pair.InverseTheta = pair.InverseTarget = 1;
    }

    /// <summary>KL(p‖q) = E_p[ℓ] with p as the target: −(log Z)' at α = 0.</summary>
    private static double Kl(RowState* state, out RowStatus status)
    {
        if (!TryEvaluate(state, 0, out PointSums sums, out status))
        {
            return status == RowStatus.Invalid ? double.NaN : double.PositiveInfinity;
        }

        return state->Sums.TargetAlone ? double.PositiveInfinity : Math.Max(0, sums.Moments.Mean - state->Kappa);
    }

    /// <summary>ESS_p(q) = 1/Σ p²/q = 1/Z(2) with p as the policy.</summary>
    private static double EffectiveSampleSize(RowState* state, out RowStatus status)
    {
        if (!TryEvaluate(state, 2, out PointSums sums, out status))
        {
            return status == RowStatus.Invalid ? double.NaN : 0;
        }

        return state->Sums.ThetaAlone ? 0 : Math.Min(1, Math.Exp(state->Normaliser(2, 0) - sums.LogWeight));
    }

    private static bool TryEvaluate(RowState* state, double alpha, out PointSums sums, out RowStatus status)
    {
        sums = PointSums.Empty;
        status = RowStatus.Invalid;
        if (!RowState.Read(state))
        {
            return false;
        }

        sums = RowState.Evaluate(state, alpha);
        status = sums.IsEmpty ? RowStatus.Disjoint : RowStatus.Ok;
        return status == RowStatus.Ok;
    }
}
