using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>
/// One row from its scores to its point: a reading sweep, the guess, and a writing sweep that also checks. Rows that this does not settle,
/// or for which
/// f32 is too coarse, go through the same steps in f64.
/// </summary>
internal static unsafe class RowSolver
{
    /// <summary>Below this, log Z's curvature is better summed in f64: f32 exponentials would blur α.</summary>
    private const double SmallVariance = 1e-3;

    /// <summary>Below this weight at a node, f32 sums of that node cannot be trusted.</summary>
    private const double SmallWeight = 1e-25;

    /// <summary>Writing sweeps that a row gets before its steps are taken in f64 without writing.</summary>
    private const int FastSweeps = 3;

    internal static RowResult Solve<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion)
        where TCriterion : struct, ICriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        if (!state->Kernels.IsF64 && (IsHard(state) || job.Options.Tolerance < Precision.FinestF32))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        if (!TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, 0);
        }

        if (nodes.CurvatureHalf < SmallVariance || TryEnd(state, nodes, out _, out _))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        HermiteInterpolant path = HermiteInterpolant.OfDegree8(nodes);
        Guess guess = Guess.Root(path, criterion);
        if (!Envelope.Contains(nodes, guess))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        if (!job.WantsMeasure && !state->Kernels.IsF64 && Precision.IsPredicted(path, guess, job.Options.Tolerance))
        {
            return new RowResult { Alpha = guess.Alpha, LogZ = guess.LogZ, Point = state->PointAt(guess.Alpha, guess.LogZ) };
        }

        return Refine(state, job, q, criterion, path, guess);
    }

    /// <summary>A point at a given α: the first writing sweep measures log Z, a second one mends what was predicted badly.</summary>
    internal static RowResult SolveFixed(RowState* state, in SolveJob job, void* q)
    {
        double alpha = job.Options.Alpha;
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        if (IsHard(state) || !TryNodes(state, out PathNodes nodes))
        {
            return AtAlpha(state, job, alpha, RowStatus.Ok, 0);
        }

        Guess guess = Guess.At(HermiteInterpolant.OfDegree8(nodes), alpha);
        if (nodes.CurvatureHalf < SmallVariance || !Envelope.Contains(nodes, guess))
        {
            return AtAlpha(state, job, alpha, RowStatus.Ok, 0);
        }

        double logZ = guess.LogZ;
        for (int sweep = 1; sweep <= FastSweeps; sweep++)
        {
            PathPoint point = state->PointAt(alpha, logZ);
            if (!TryWrite(state, point, q, out Moments sums))
            {
                break;
            }

            logZ += Math.Log(sums.Weight);
            if (Precision.IsSettled(state->Kernels.IsF64, sums.Weight, 0, 0, 1))
            {
                double mean = sums.Mean - state->Kappa;
                return new RowResult { Alpha = alpha, Point = point, LogZ = logZ, Mean = mean, Iterations = sweep, IsWritten = q != null };
            }
        }

        return AtAlpha(state, job, alpha, RowStatus.Ok, FastSweeps);
    }

    /// <summary>A writing sweep, where its arithmetic can hold the point and the point's weights are numbers.</summary>
    private static bool TryWrite(RowState* state, in PathPoint point, void* q, out Moments sums)
    {
        sums = default;
        if (!state->Holds(point))
        {
            return false;
        }

        sums = RowState.Write(state, point, q);
        return double.IsFinite(sums.First) && sums.Weight > 0;
    }

    /// <summary>Writing sweeps from the guess on, each the next safeguarded Newton step, until one confirms itself.</summary>
    private static RowResult Refine<TCriterion>(
        RowState* state, in SolveJob job, void* q, TCriterion criterion, in HermiteInterpolant path, Guess guess)
        where TCriterion : struct, ICriterion
    {
        Bracket bracket = Bracket.Unit;
        double alpha = guess.Alpha, logZ = guess.LogZ, variance = guess.Variance;
        int sweeps = Math.Min(FastSweeps, job.Options.MaxIterations), measured = 0;
        for (int sweep = 1; sweep <= sweeps; sweep++)
        {
            PathPoint point = state->PointAt(alpha, logZ);
            if (!TryWrite(state, point, q, out Moments sums))
            {
                break;
            }

            measured = sweep;
            logZ += Math.Log(sums.Weight);
            double mean = sums.Mean - state->Kappa, value = criterion.Function(alpha, logZ, mean);
            double slope = criterion.Slope(alpha, mean, variance), step = -value / slope;
            bracket.Narrow(alpha, value);
            if (Precision.IsSettled(state->Kernels.IsF64, sums.Weight, step, variance, job.Options.Tolerance) &&
                Precision.IsClose(value, logZ, job.Options.Tolerance))
            {
                return new RowResult
                {
                    Alpha = Math.Clamp(alpha + step, 0, 1),
                    Point = point,
                    LogZ = logZ,
                    Mean = mean,
                    Iterations = sweep,
                    IsWritten = q != null,
                };
            }

            if (sweep == job.Options.MaxIterations)
            {
                return new RowResult
                {
                    Status = RowStatus.NotConverged,
                    Alpha = alpha,
                    Point = state->PointAt(alpha, logZ),
                    LogZ = logZ,
                    Mean = mean,
                    Iterations = sweep,
                };
            }

            double next = bracket.Next(alpha, value, slope), move = next - alpha;
            if (!(move * move * variance <= 1))
            {
                break;
            }

            logZ += (-mean * move) + (0.5 * variance * move * move);
            alpha = next;
            path.Evaluate(alpha, out _, out variance);
        }

        return SolveWide(state, job, q, criterion, measured, measured > 0 ? alpha : double.NaN);
    }

    /// <summary>The same row in f64: the nodes again, then Newton steps by sweeps that write nothing, from the best α so far.</summary>
    private static RowResult SolveWide<TCriterion>(
        RowState* state, in SolveJob job, void* q, TCriterion criterion, int iterations, double start = double.NaN)
        where TCriterion : struct, ICriterion
    {
        RereadWide(state, job);
        if (!TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, iterations);
        }

        if (TryEnd(state, nodes, out double end, out RowStatus atEnd))
        {
            return AtAlpha(state, job, end, atEnd, iterations);
        }

        if (nodes.Height < NearlyIdentical.LargestVariance && NearlyIdentical.TrySolve(state, nodes, criterion, ref iterations, out RowResult near))
        {
            return near;
        }

        HermiteInterpolant path = HermiteInterpolant.OfDegree8(nodes);
        Guess guess = Guess.Root(path, criterion);
        bool isGood = Envelope.Contains(nodes, guess);
        if (!state->Kernels.IsF64 && isGood && Precision.IsPredicted(path, guess, job.Options.Tolerance) &&
            TryPredicted(state, job, q, guess, iterations, out RowResult predicted))
        {
            return predicted;
        }

        double alpha = !double.IsNaN(start) ? start : isGood ? guess.Alpha : 0.5;
        return Newton.Solve(state, criterion, alpha, job.Options, iterations);
    }

    /// <summary>f64 sums at the nodes predict the point better than an f32 sweep could measure it: q is written and no more.</summary>
    private static bool TryPredicted(RowState* state, in SolveJob job, void* q, in Guess guess, int iterations, out RowResult result)
    {
        PathPoint point = state->PointAt(guess.Alpha, guess.LogZ);
        result = new RowResult { Alpha = guess.Alpha, LogZ = guess.LogZ, Iterations = iterations, Point = point };
        if (!state->Holds(point))
        {
            return false;
        }

        if (!job.WantsMeasure)
        {
            return true;
        }

        Moments sums = RowState.Write(state, point, q);
        result.Noise = sums.Mean - state->Kappa;
        result.Iterations++;
        result.IsWritten = q != null;
        return Precision.IsSettled(isF64: false, sums.Weight, 0, 0, job.Options.Tolerance) &&
            Precision.IsClose(result.Noise, result.LogZ, job.Options.Tolerance);
    }

    /// <summary>The point at a given α: log Z in f64, to be written once.</summary>
    private static RowResult AtAlpha(RowState* state, in SolveJob job, double alpha, RowStatus status, int iterations)
    {
        RereadWide(state, job);
        PointSums sums = RowState.Evaluate(state, alpha);
        return sums.IsEmpty
            ? RowResult.Of(RowStatus.Disjoint, iterations)
            : Newton.At(state, alpha, sums, status, iterations + 1);
    }

    /// <summary>Sums of the reading sweep in f64, where they were not.</summary>
    private static void RereadWide(RowState* state, in SolveJob job)
    {
        if (state->Kernels.IsF64)
        {
            return;
        }

        RowKernels kernels = state->Kernels;
        state->Kernels = job.WideKernels;
        RowState.Read(state);
        state->Kernels = kernels;
    }

    private static bool IsHard(RowState* state) =>
        !(state->Sums.Theta.Weight > SmallWeight && state->Sums.Half.Weight > SmallWeight && state->Sums.Target.Weight > SmallWeight);

    /// <summary>
    /// log Z and its derivatives at the nodes, from the reading sums where they hold, from f64 sweeps of their own where they do not.
    /// </summary>
    /// <returns>False when no token is common.</returns>
    private static bool TryNodes(RowState* state, out PathNodes nodes)
    {
        nodes = default;
        bool isHard = IsHard(state);
        PointSums target = isHard ? RowState.Evaluate(state, 0) : new PointSums { Moments = state->Sums.Target };
        PointSums half = isHard ? RowState.Evaluate(state, 0.5) : new PointSums { Moments = state->Sums.Half, Exponent = state->Sums.HalfReference * Constants.Log2E };
        PointSums theta = isHard ? RowState.Evaluate(state, 1) : new PointSums { Moments = state->Sums.Theta };
        if (half.IsEmpty)
        {
            return false;
        }

        nodes.Value0 = target.LogWeight - state->TargetLogMass;
        nodes.ValueHalf = half.LogWeight - (0.5 * (state->ThetaLogMass + state->TargetLogMass));
        nodes.Value1 = theta.LogWeight - state->ThetaLogMass;
        nodes.Slope0 = state->Kappa - target.Moments.Mean;
        nodes.SlopeHalf = state->Kappa - half.Moments.Mean;
        nodes.Slope1 = state->Kappa - theta.Moments.Mean;
        nodes.Curvature0 = target.Moments.Variance;
        nodes.CurvatureHalf = half.Moments.Variance;
        nodes.Curvature1 = theta.Moments.Variance;
        return true;
    }

    /// <summary>Where the supports differ, E_q[ℓ] may keep one sign: the point is then an end of the path.</summary>
    private static bool TryEnd(RowState* state, in PathNodes nodes, out double end, out RowStatus status)
    {
        bool atTarget = state->SupportsDiffer && nodes.Slope0 > 0, atTheta = state->SupportsDiffer && nodes.Slope1 < 0;
        end = atTheta ? 1 : 0;
        status = atTheta ? RowStatus.AtTheta : RowStatus.AtTarget;
        return atTarget || atTheta;
    }
}
