using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Turns a row's result into the outputs that were asked for.</summary>
internal static unsafe class RowOutputs
{
    /// <summary>Policies nearer than this leave 1 − ESS so small that f32 exponentials would show in it.</summary>
    private const double NearestF32 = -1e-3;

    /// <summary>Policies farther apart than this have a log Z whose digits before the point leave f32 too few behind it, which is where an ESS is.</summary>
    private const double FarthestF32 = -16;

    internal static void Store(RowState* state, in SolveJob job, long row, in RowResult result)
    {
        if (job.Records != null)
        {
            job.Records[row] = RecordOf(state, result);
        }

        switch (result.Status)
        {
            case RowStatus.Invalid:
                StoreConstants(job, row, result, double.NaN, double.NaN, double.NaN, double.NaN);
                break;
            case RowStatus.Disjoint:
                StoreScalars(
                    job.Solution,
                    row,
                    double.NaN,
                    double.NegativeInfinity,
                    double.PositiveInfinity,
                    double.PositiveInfinity,
                    double.NaN,
                    0,
                    0,
                    result);
                StoreRows(job, row, 0, double.NegativeInfinity);
                break;
            case RowStatus.Skipped:
                StoreConstants(job, row, result, 0, 0, 0, 0);
                break;
            default:
                StoreSolved(state, job, row, result);
                break;
        }
    }

    private static LossRecord RecordOf(RowState* state, in RowResult result) => result.Status switch
    {
        RowStatus.Skipped => default,
        RowStatus.Invalid or RowStatus.Disjoint => LossRecord.Of(double.NaN),
        _ => new LossRecord
        {
            Alpha = result.Alpha,
            LogZ = Math.Min(0, result.LogZ),
            ThetaLogSumExp = (state->Sums.ThetaTop * state->Row.InverseTheta) + state->ThetaLogMass,
            TargetLogSumExp = (state->Sums.TargetTop * state->Row.InverseTarget) + state->TargetLogMass,
        },
    };

    private static void StoreSolved(RowState* state, in SolveJob job, long row, in RowResult result)
    {
        (double essTheta, double essTarget) = EffectiveSampleSizes(state, job, result);
        double klTheta = Math.Max(0, ((1 - result.Alpha) * result.Mean) - result.LogZ);
        double klTarget = Math.Max(0, (-result.Alpha * result.Mean) - result.LogZ);
        double residual = Math.Abs(result.Value);
        StoreScalars(job.Solution, row, result.Alpha, Math.Min(0, result.LogZ), klTheta, klTarget, residual, essTheta, essTarget, result);
        if (!state->Holds(result.Point))
        {
            state->Kernels = job.WideKernels;
        }

        if (job.Solution.Q != null)
        {
            byte* q = Addressing.Row(job.Q, row);
            if (!result.IsWritten)
            {
                RowState.Write(state, result.Point, q);
            }

            Addressing.Fill(job.Q, row, job.Columns, job.Q.Columns, 0);
        }

        if (job.Solution.LogQ != null)
        {
            RowState.WriteLog(state, result.Point, Addressing.Row(job.LogQ, row));
            Addressing.Fill(job.LogQ, row, job.Columns, job.LogQ.Columns, double.NegativeInfinity);
        }
    }

    /// <summary>
    /// Σ π_θ²/q = Z(α) Z(2−α) and Σ π_t²/q = Z(α) Z(−α), in the log domain. Where q misses a token of π, no sample of q speaks for it: 0.
    /// </summary>
    private static (double Theta, double Target) EffectiveSampleSizes(RowState* state, in SolveJob job, RowResult result)
    {
        if (result.Status == RowStatus.Identical)
        {
            return (state->Sums.ThetaAlone ? 0 : 1, state->Sums.TargetAlone ? 0 : 1);
        }

        bool asksBeyond = job.Solution.EssTheta != null && !state->Sums.ThetaAlone && !result.KnowsBeyond;
        bool asksBefore = job.Solution.EssTarget != null && !state->Sums.TargetAlone && !result.KnowsBefore;
        double beyond = 2 - result.Alpha, before = -result.Alpha;
        if (asksBeyond && asksBefore)
        {
            ThreePoints sums = Evaluate(state, result.LogZ, [beyond, before]);
            (result.LogZBeyond, result.LogZBefore) = (LogZ(state, sums.First, beyond), LogZ(state, sums.Second, before));
        }
        else if (asksBeyond)
        {
            result.LogZBeyond = LogZ(state, Evaluate(state, result.LogZ, [beyond]).First, beyond);
        }
        else if (asksBefore)
        {
            result.LogZBefore = LogZ(state, Evaluate(state, result.LogZ, [before]).First, before);
        }

        double theta = state->Sums.ThetaAlone ? 0 : Math.Min(1, Math.Exp(-result.LogZ - result.LogZBeyond));
        double target = state->Sums.TargetAlone ? 0 : Math.Min(1, Math.Exp(-result.LogZ - result.LogZBefore));
        return (theta, target);
    }

    private static ThreePoints Evaluate(RowState* state, double logZ, ReadOnlySpan<double> alphas) =>
        logZ is < NearestF32 and > FarthestF32 ? RowState.EvaluateManyInKernels(state, alphas) : RowState.EvaluateMany(state, alphas);

    private static double LogZ(RowState* state, in PathSums sums, double alpha) => sums.Point.LogWeight - state->Normaliser(alpha, 0);

    private static void StoreConstants(in SolveJob job, long row, in RowResult result, double scalar, double ess, double q, double logQ)
    {
        StoreScalars(job.Solution, row, scalar, scalar, scalar, scalar, scalar, ess, ess, result);
        StoreRows(job, row, q, logQ);
    }

    private static void StoreScalars(
        in Solution outputs, long row, double alpha, double logZ, double klTheta, double klTarget, double residual, double essTheta, double essTarget, in RowResult result)
    {
        Output.Put(outputs.Alpha, row, alpha);
        Output.Put(outputs.LogZ, row, logZ);
        Output.Put(outputs.KlTheta, row, klTheta);
        Output.Put(outputs.KlTarget, row, klTarget);
        Output.Put(outputs.Residual, row, residual);
        Output.Put(outputs.EssTheta, row, essTheta);
        Output.Put(outputs.EssTarget, row, essTarget);
        Output.Put(outputs.Iterations, row, result.Iterations);
        Output.Put(outputs.RowStatus, row, result.Status);
    }

    /// <summary>
    /// The same value in all real columns; the padding is 0 in q and −∞ in log q, and 0 in both where the row was skipped.
    /// </summary>
    private static void StoreRows(in SolveJob job, long row, double q, double logQ)
    {
        if (job.Solution.Q != null)
        {
            Addressing.FillRow(job.Q, row, job.Columns, q, 0);
        }

        if (job.Solution.LogQ != null)
        {
            Addressing.FillRow(job.LogQ, row, job.Columns, logQ, logQ == 0 ? 0 : double.NegativeInfinity);
        }
    }
}
