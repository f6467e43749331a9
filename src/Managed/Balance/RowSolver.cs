using System;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// One row from its scores to its point: a reading sweep, the guess, and a writing sweep that also checks. Rows that this does not settle,
/// or for which
/// f32 is too coarse, go through the same steps in f64.
/// </summary>
internal static unsafe class RowSolver
{
    /// <summary>Below this, log Z's curvature is better summed in f64: f32 exponentials would blur α …</summary>
    private const double SmallVariance = 2.5e-3;

    /// <summary>
    /// … unless so little of the mass is in f32 sums, as a share of the variance, that α is within 1e-6 for all that. A narrow register sums
    /// more of a block's elements into each lane, with more noise.
    /// </summary>
    private static double LargestPlainShare => Width.Bits * (7.0 / 512);

    /// <summary>… or the variance is so small that log Z, too, needs f64.</summary>
    private const double SmallestVariance = 1e-5;

    /// <summary>The predicted variance is good to a hundredth, and so is a Newton step by it: one this small leaves less than the tolerance.</summary>
    private const double LargestBlindStep = 2e-5;

    /// <summary>q is not written again after a step this small: where the variance is small a larger one would show in rare tokens' logarithms.</summary>
    private const double LargestUnwrittenStep = 2e-6;

    /// <summary>Below this weight at a node, f32 sums of that node cannot be trusted.</summary>
    private const double SmallWeight = 1e-25;

    /// <summary>What f32 exponentials do to a sum of q: a prediction that is this close says more about log Z than the measurement.</summary>
    private const double LogZNoiseF32 = 5e-7;

    /// <summary>Writing sweeps that a row gets before its steps are taken in f64 without writing.</summary>
    private const int FastSweeps = 3;

    internal static RowResult Solve<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion)
        where TCriterion : struct, IKlCriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        if (!state->Kernels.IsF64 && !MayTakeF32(state, job))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        if (!TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, 0);
        }

        if (Ends.HoldEverywhere(nodes, criterion))
        {
            return WriteAt(state, job, q, nodes, 0, criterion, RowStatus.AtTarget);
        }

        if (IsBlurred(state, nodes.CurvatureHalf, job.Options.Tolerance) || Ends.TryFind(state, nodes.AtTarget, nodes.AtTheta, criterion, out _, out _))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        HermiteInterpolant path = HermiteInterpolant.OfDegree8(nodes);
        Guess guess = Guess.Root(path, criterion);
        if (!Envelope.Contains(nodes, guess))
        {
            return SolveWide(state, job, q, criterion, 0);
        }

        if (!job.WantsMeasure && !state->Kernels.IsF64 && Precision.IsPredicted(path, guess, criterion, job.Options.Tolerance))
        {
            return new RowResult
            {
                Alpha = guess.Alpha,
                LogZ = guess.LogZ,
                Mean = guess.Mean,
                Point = state->PointAt(guess.Alpha, guess.LogZ),
            };
        }

        return Refine(state, job, q, criterion, path, guess);
    }

    /// <summary>The point at a given α.</summary>
    internal static RowResult SolveFixed(RowState* state, in SolveJob job, void* q, double alpha)
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        return IsHard(state) || !TryNodes(state, out PathNodes nodes)
            ? AtAlpha(state, job, alpha, default(FixedAlpha), RowStatus.Ok, 0)
            : WriteAt(state, job, q, nodes, alpha, default(FixedAlpha), RowStatus.Ok);
    }

    /// <summary>A point at a given α: the first writing sweep measures log Z, a second one mends what was predicted badly.</summary>
    internal static RowResult WriteAt<TCriterion>(
        RowState* state, in SolveJob job, void* q, in PathNodes nodes, double alpha, TCriterion criterion, RowStatus status)
        where TCriterion : struct, IKlCriterion
    {
        Guess guess = Guess.At(HermiteInterpolant.OfDegree8(nodes), alpha);
        if (IsBlurred(state, nodes.CurvatureHalf, job.Options.Tolerance) || !Envelope.Contains(nodes, guess))
        {
            return AtAlpha(state, job, alpha, criterion, status, 0);
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
                return new RowResult
                {
                    Status = status,
                    Alpha = alpha,
                    Point = point,
                    LogZ = logZ,
                    Mean = mean,
                    Value = criterion.Function(alpha, new PathValues { LogZ = logZ, Mean = mean }),
                    Iterations = sweep,
                    IsWritten = q != null,
                };
            }
        }

        return AtAlpha(state, job, alpha, criterion, status, FastSweeps);
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
        where TCriterion : struct, IKlCriterion
    {
        Bracket bracket = Bracket.Unit;
        double alpha = guess.Alpha, logZ = guess.LogZ, predictedVariance = guess.Variance;
        MeasuredMean last = default;
        int sweeps = Math.Min(FastSweeps, job.Options.MaxIterations), measured = 0;
        for (int sweep = 1; sweep <= sweeps; sweep++)
        {
            PathPoint point = state->PointAt(alpha, logZ);
            if (!TryWrite(state, point, q, out Moments sums))
            {
                break;
            }

            measured = sweep;
            double predicted = logZ;
            logZ += Math.Log(sums.Weight);
            bool isNoise = !state->Kernels.IsF64 && Math.Abs(logZ - predicted) < LogZNoiseF32;
            MeasuredMean here = new() { Alpha = alpha, Mean = sums.Mean - state->Kappa };
            double variance = predictedVariance * (sweep > 1 ? MeasuredMean.Curvature(path, last, here) : 1);
            last = here;
            PathValues at = new() { LogZ = isNoise ? predicted : logZ, Mean = here.Mean, Variance = variance };
            double value = criterion.Function(alpha, at), slope = criterion.Slope(alpha, at), step = -value / slope;
            bracket.Narrow(alpha, value);
            if (Precision.IsSettled(state->Kernels.IsF64, sums.Weight, step, variance, job.Options.Tolerance) &&
                (variance >= SmallVariance || Math.Abs(step) < LargestUnwrittenStep) && Precision.IsClose(value, logZ, job.Options.Tolerance))
            {
                // KLs are those of q as it was written, without the step: log Z makes up for it.
                double settled = typeof(TCriterion) == typeof(KlSymmetry) ? logZ : at.LogZ - (at.Mean * step);
                return new RowResult
                {
                    Alpha = Math.Clamp(alpha + step, 0, 1),
                    Point = point,
                    LogZ = settled,
                    Mean = at.Mean,
                    Value = value,
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
                    Mean = at.Mean,
                    Value = value,
                    Iterations = sweep,
                };
            }

            double next = bracket.Next(alpha, value, slope), move = next - alpha;
            if (!(move * move * variance <= 1))
            {
                break;
            }

            logZ += (-at.Mean * move) + (0.5 * variance * move * move);
            alpha = next;
            path.Evaluate(alpha, out _, out predictedVariance);
        }

        return SolveWide(state, job, q, criterion, measured, measured > 0 ? alpha : double.NaN);
    }

    /// <summary>The same row in f64: the nodes again, then Newton steps by sweeps that write nothing, from the best α so far.</summary>
    private static RowResult SolveWide<TCriterion>(
        RowState* state, in SolveJob job, void* q, TCriterion criterion, int iterations, double start = double.NaN)
        where TCriterion : struct, IKlCriterion
    {
        RereadWide(state, job);
        if (!TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, iterations);
        }

        if (Ends.TryFind(state, nodes.AtTarget, nodes.AtTheta, criterion, out double end, out RowStatus atEnd))
        {
            return AtAlpha(state, job, end, criterion, atEnd, iterations);
        }

        if (nodes.Height < Cumulants.LargestVariance && NearlyIdentical.TrySolve(state, nodes, criterion, ref iterations, out RowResult near))
        {
            return near;
        }

        HermiteInterpolant path = HermiteInterpolant.OfDegree8(nodes);
        Guess guess = Guess.Root(path, criterion);
        bool isGood = Envelope.Contains(nodes, guess);
        if (!state->Kernels.IsF64 && isGood && Precision.IsPredicted(path, guess, criterion, job.Options.Tolerance) &&
            TryPredicted(state, job, q, criterion, guess, iterations, out RowResult predicted))
        {
            return predicted;
        }

        double alpha = !double.IsNaN(start) ? start : isGood ? guess.Alpha : 0.5;
        bool mayMeasure = !state->Kernels.IsF64 && isGood && iterations < job.Options.MaxIterations && Precision.IsLikely(path, guess);
        if (mayMeasure && TryMeasured(state, job, criterion, guess, ref iterations, ref alpha, out RowResult measured))
        {
            return measured;
        }

        return Newton.Solve(state, criterion, alpha, job.Options, iterations);
    }

    /// <summary>
    /// One f64 sweep measures the guess. Outputs in f32 need no second one after a small Newton step; a larger one is where to go on from.
    /// </summary>
    private static bool TryMeasured<TCriterion>(
        RowState* state, in SolveJob job, TCriterion criterion, in Guess guess, ref int iterations, ref double alpha, out RowResult result)
        where TCriterion : struct, IKlCriterion
    {
        result = default;
        PathPoint point = state->PointAt(guess.Alpha, guess.LogZ);
        if (!state->Holds(point))
        {
            return false;
        }

        RowKernels kernels = state->Kernels;
        state->Kernels = job.WideKernels;
        bool isMeasured = TryWrite(state, point, null, out Moments sums);
        state->Kernels = kernels;
        if (!isMeasured)
        {
            return false;
        }

        iterations++;
        double tolerance = job.Options.Tolerance;
        PathValues at = new() { LogZ = guess.LogZ + Math.Log(sums.Weight), Mean = sums.Mean - state->Kappa, Variance = guess.Variance };
        double value = criterion.Function(guess.Alpha, at), step = -value / criterion.Slope(guess.Alpha, at);
        if (!(Math.Abs(step) < LargestBlindStep * Math.Min(1, tolerance / 1e-6)))
        {
            return false;
        }

        alpha = Math.Clamp(guess.Alpha + step, 0, 1);
        double logZ = at.LogZ - (at.Mean * step);
        result = new RowResult { Alpha = alpha, Point = state->PointAt(alpha, logZ), LogZ = logZ, Mean = at.Mean, Value = value, Iterations = iterations };
        return Precision.IsClose(value, at.LogZ, tolerance);
    }

    /// <summary>f64 sums at the nodes predict the point better than an f32 sweep could measure it: q is written and no more.</summary>
    private static bool TryPredicted<TCriterion>(
        RowState* state, in SolveJob job, void* q, TCriterion criterion, in Guess guess, int iterations, out RowResult result)
        where TCriterion : struct, IKlCriterion
    {
        PathPoint point = state->PointAt(guess.Alpha, guess.LogZ);
        result = new RowResult { Alpha = guess.Alpha, LogZ = guess.LogZ, Mean = guess.Mean, Iterations = iterations, Point = point };
        if (!state->Holds(point))
        {
            return false;
        }

        if (!job.WantsMeasure)
        {
            return true;
        }

        Moments sums = RowState.Write(state, point, q);
        result.Value = criterion.Function(guess.Alpha, new PathValues { LogZ = guess.LogZ, Mean = sums.Mean - state->Kappa });
        result.Iterations++;
        result.IsWritten = q != null;
        return Precision.IsSettled(isF64: false, sums.Weight, 0, 0, job.Options.Tolerance) &&
            Precision.IsClose(result.Value, result.LogZ, job.Options.Tolerance);
    }

    /// <summary>The point at a given α: log Z in f64, to be written once.</summary>
    internal static RowResult AtAlpha<TCriterion>(
        RowState* state, in SolveJob job, double alpha, TCriterion criterion, RowStatus status, int iterations)
        where TCriterion : struct, ICriterion
    {
        RereadWide(state, job);
        RowResult result = Newton.Measure(state, criterion, alpha, status, iterations + 1, out PathValues at);
        result.Value = Ends.Value(state, criterion, alpha, at);
        return double.IsNegativeInfinity(result.LogZ) ? RowResult.Of(RowStatus.Disjoint, iterations) : result;
    }

    /// <summary>Sums of the reading sweep in f64, where they were not.</summary>
    internal static void RereadWide(RowState* state, in SolveJob job)
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

    internal static bool IsBlurred(RowState* state, double variance, double tolerance) =>
        variance < SmallVariance && !(variance > SmallestVariance && state->PlainShare < LargestPlainShare * variance * Math.Min(1, tolerance / 1e-6));

    /// <summary>f32 inputs whose sums in f32 are worth a try.</summary>
    internal static bool MayTakeF32(RowState* state, in SolveJob job) =>
        !state->Kernels.IsF64 && !IsHard(state) && job.Options.Tolerance >= Precision.FinestF32;

    private static bool IsHard(RowState* state) =>
        !(state->Sums.Theta.Weight > SmallWeight && state->Sums.Half.Weight > SmallWeight && state->Sums.Target.Weight > SmallWeight);

    /// <summary>
    /// log Z and its derivatives at the nodes, from the reading sums where they hold, from f64 sweeps of their own where they do not.
    /// </summary>
    /// <returns>False when no token is common.</returns>
    internal static bool TryNodes(RowState* state, out PathNodes nodes)
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
}
