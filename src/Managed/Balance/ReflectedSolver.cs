using System;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The criteria that weigh samples: their function needs log Z at 2 − α and at −α or α. The reading sweep gives a guess; one sweep measures
/// the two places of the guess, and what lies between them and the ends of the path predicts the root. f32 sums serve where the function is
/// steep; f64 ones where it is not, and for f64 inputs, whose root is measured besides.
/// </summary>
internal static unsafe class ReflectedSolver
{
    /// <summary>
    /// f32 leaves an error in log Z that moves α by less than the tolerance where the function falls at least this steeply. A narrow register
    /// sums more of a block's elements into each lane, with more noise.
    /// </summary>
    private static double SmallestSteepness => 0.35 * (512.0 / Width.Bits);

    /// <summary>Rows that f32 sums have not settled by then are taken in f64.</summary>
    private const int MostGuesses = 2;

    /// <summary>What the cubic terms, which were not measured, may be worth in α, as a share of the tolerance.</summary>
    private const double Doubt = 0.25;

    /// <summary>Of the interpolant inside, in log Z and E[ℓ].</summary>
    private const double LargestDoubt = 2e-7;

    /// <summary>Nearer to an end than this, the end itself has to be looked at.</summary>
    private const double Edge = 1e-3;

    /// <summary>What is above f32's noise in the function at an end, relative to max(1, log Z).</summary>
    private const double Margin = 1e-4;

    internal static RowResult Solve<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion)
        where TCriterion : struct, IReflectedCriterion
    {
        if (!RowState.Read(state))
        {
            return RowResult.Of(RowStatus.Invalid, 0);
        }

        int iterations = 0;
        return TryPlain(state, job, q, criterion, ref iterations, out RowResult result) ? result : SolveWide(state, job, q, criterion, iterations);
    }

    /// <summary>In f32, where the supports agree.</summary>
    private static bool TryPlain<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion, ref int iterations, out RowResult result)
        where TCriterion : struct, IReflectedCriterion
    {
        result = default;
        if (!RowSolver.MayTakeF32(state, job) || !MayLieInside(state, criterion) || !RowSolver.TryNodes(state, out PathNodes nodes) ||
            RowSolver.IsBlurred(state, nodes.CurvatureHalf, job.Options.Tolerance))
        {
            return false;
        }

        if (TryPredict(state, job, criterion, nodes, isWide: false, ref iterations, out Prediction found))
        {
            return TryFinish(state, job, q, nodes, found, RowStatus.Ok, iterations, out result);
        }

        return found.Alpha <= Edge && HoldsEverywhere(state, nodes, criterion, ref iterations, ref found) &&
            TryFinish(state, job, q, nodes, found, RowStatus.AtTarget, iterations, out result);
    }

    private static RowResult SolveWide<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion, int iterations)
        where TCriterion : struct, IReflectedCriterion
    {
        RowSolver.RereadWide(state, job);
        if (!RowSolver.TryNodes(state, out PathNodes nodes))
        {
            return RowResult.Of(RowStatus.Disjoint, iterations);
        }

        // A root that was found is inside: then the ends need no look.
        bool isFirst = !state->Kernels.IsF64 && nodes.Height >= Cumulants.LargestVariance && MayLieInside(state, criterion);
        Prediction found = default;
        if (isFirst && TryPredict(state, job, criterion, nodes, isWide: true, ref iterations, out found) &&
            TryFinish(state, job, q, nodes, found, RowStatus.Ok, iterations, out RowResult result))
        {
            return result;
        }

        if (TryEnd(state, nodes, criterion, out double end, out RowStatus status))
        {
            return RowSolver.AtAlpha(state, job, end, criterion, status, iterations);
        }

        if (nodes.Height < Cumulants.LargestVariance && NearlyIdentical.TrySolve(state, nodes, criterion, ref iterations, out RowResult near))
        {
            return near;
        }

        if (!isFirst && TryPredict(state, job, criterion, nodes, isWide: true, ref iterations, out found) &&
            TryFinish(state, job, q, nodes, found, RowStatus.Ok, iterations, out result))
        {
            return result;
        }

        double start = found.Alpha;
        if (job.Options.MaxIterations > iterations + 1)
        {
            if (TryConfirm(state, job, criterion, start, ++iterations, out RowResult confirmed))
            {
                return confirmed;
            }

            start = confirmed.Alpha;
        }

        return Newton.Solve(state, criterion, start, job.Options, iterations);
    }

    /// <summary>Neither the parameters nor the supports ask for an end.</summary>
    private static bool MayLieInside<TCriterion>(RowState* state, TCriterion criterion)
        where TCriterion : struct, IReflectedCriterion => !state->SupportsDiffer && double.IsNaN(criterion.End);

    /// <summary>The whole path meets the criterion, beyond the doubt that f32 sums leave.</summary>
    private static bool HoldsEverywhere<TCriterion>(
        RowState* state, in PathNodes nodes, TCriterion criterion, ref int iterations, ref Prediction found)
        where TCriterion : struct, IReflectedCriterion
    {
        if (!criterion.MayHoldEverywhere)
        {
            return false;
        }

        iterations++;
        PathValues at = nodes.AtTarget;
        at.LogZBeyond = Node(state, RowState.EvaluateManyInKernels(state, [2]).First, 2).Value;
        found.Alpha = 0;
        found.At = at;
        found.Value = criterion.Function(0, at);
        return found.Value < -Margin * Math.Max(1, at.LogZBeyond);
    }

    /// <summary>Whether the answer is an end. The function there needs log Z at 2, and at −1 where the supports differ.</summary>
    private static bool TryEnd<TCriterion>(RowState* state, in PathNodes nodes, TCriterion criterion, out double end, out RowStatus status)
        where TCriterion : struct, IReflectedCriterion
    {
        PathValues atTarget = nodes.AtTarget, atTheta = nodes.AtTheta;
        (atTarget.LogZBefore, atTheta.LogZBeyond) = (nodes.Value0, nodes.Value1);
        if (state->SupportsDiffer)
        {
            ThreePoints outer = RowState.EvaluateMany(state, [2, -1]);
            atTarget.LogZBeyond = Node(state, outer.First, 2).Value;
            atTheta.LogZBefore = Node(state, outer.Second, -1).Value;
        }
        else if (criterion.MayHoldEverywhere)
        {
            atTarget.LogZBeyond = Node(state, RowState.EvaluateMany(state, [2]).First, 2).Value;
        }

        return Ends.TryFind(state, atTarget, atTheta, criterion, out end, out status);
    }

    private struct Prediction
    {
        internal double Alpha;
        internal PathValues At;

        /// <summary>What the measurements leave of the criterion's function there.</summary>
        internal double Value;

        /// <summary>At − α and α there were measurements nearby, too.</summary>
        internal bool KnowsBefore;
        internal bool KnowsHere;
    }

    /// <summary>
    /// The root by measurements near it. True where it needs no other: the measured derivatives carry that far, in f32 or for f32 outputs. In
    /// any case the prediction is where to look next.
    /// </summary>
    private static bool TryPredict<TCriterion>(
        RowState* state, in SolveJob job, TCriterion criterion, in PathNodes nodes, bool isWide, ref int iterations, out Prediction found)
        where TCriterion : struct, IReflectedCriterion
    {
        double tolerance = job.Options.Tolerance;
        HermiteInterpolant inside = HermiteInterpolant.OfDegree8(nodes);
        found = new Prediction { KnowsBefore = isWide || criterion.LooksBefore, KnowsHere = isWide || !criterion.LooksBefore };
        ContinuedPath continued = ContinuedPath.Of(inside, nodes);
        found.Alpha = Guess.Root(continued, criterion).Alpha;
        double steepest = -2 * criterion.Slope(found.Alpha, continued.At(found.Alpha)), smallest = isWide ? 0 : SmallestSteepness * Math.Max(1, 1e-6 / tolerance);
        if (steepest < smallest)
        {
            return false;
        }

        int most = Math.Min(iterations + (state->Kernels.IsF64 ? 1 : MostGuesses), job.Options.MaxIterations);
        while (iterations < most && found.Alpha is > Edge and < 1 - Edge)
        {
            double alpha = found.Alpha;
            MeasuredPath path = Measure(state, inside, nodes, alpha, found);
            iterations++;
            found.Alpha = Guess.Root(path, criterion).Alpha;
            found.At = path.Continued(found.Alpha);
            found.Value = criterion.Function(found.Alpha, found.At);
            double steepness = -criterion.Slope(found.Alpha, found.At), step = Math.Abs(found.Alpha - alpha);
            bool isPredicted = step < 0.25 * Math.Min(alpha, 1 - alpha) && Math.Abs(found.Value) <= Doubt * tolerance * Math.Min(steepness, 1);
            if (isPredicted && !state->Kernels.IsF64 && Agree(found.At, path.At(found.Alpha), Doubt * tolerance))
            {
                return steepness > smallest;
            }
        }

        return false;
    }

    /// <summary>What the measured derivatives say of q's own log Z and E[ℓ] is what the interpolant says, within what a KL may be off.</summary>
    private static bool Agree(in PathValues measured, in PathValues predicted, double limit) =>
        Math.Abs(measured.LogZ - predicted.LogZ) + Math.Abs(measured.Mean - predicted.Mean) <= limit * Math.Max(1, -measured.LogZ);

    private static MeasuredPath Measure(RowState* state, in HermiteInterpolant inside, in PathNodes nodes, double alpha, in Prediction wanted)
    {
        PathNode here = Reflected.Node(inside, alpha), before = default;
        ThreePoints sums;
        if (wanted.KnowsHere && wanted.KnowsBefore)
        {
            sums = RowState.EvaluateMany(state, [2 - alpha, alpha, -alpha]);
            here = Node(state, sums.Second, alpha);
            before = Node(state, sums.Third, -alpha);
        }
        else if (wanted.KnowsBefore)
        {
            sums = RowState.EvaluateManyInKernels(state, [2 - alpha, -alpha]);
            before = Node(state, sums.Second, -alpha);
        }
        else
        {
            sums = RowState.EvaluateManyInKernels(state, [2 - alpha, alpha]);
            here = Node(state, sums.Second, alpha);
        }

        return MeasuredPath.Of(inside, nodes, alpha, here, Node(state, sums.First, 2 - alpha), before);
    }

    /// <summary>
    /// The prediction as a result. Where log Z between the ends was not measured, the writing sweep does, unless its interpolant is beyond doubt.
    /// </summary>
    private static bool TryFinish(
        RowState* state, in SolveJob job, void* q, in PathNodes nodes, in Prediction found, RowStatus status, int iterations, out RowResult result)
    {
        bool isKnown = found.KnowsHere || (!job.WantsMeasure && IsExact(HermiteInterpolant.OfDegree8(nodes), found.Alpha, job.Options.Tolerance));
        PathPoint point = state->PointAt(found.Alpha, found.At.LogZ);
        result = isKnown
            ? new RowResult { Status = status, Alpha = found.Alpha, Point = point, LogZ = found.At.LogZ, Mean = found.At.Mean }
            : RowSolver.WriteAt(state, job, q, nodes, found.Alpha, default(FixedAlpha), status);
        result.Iterations += iterations;
        result.Value = found.Value;
        result.Know(found.At, found.KnowsBefore);
        return state->Holds(point);
    }

    private static bool IsExact(in HermiteInterpolant inside, double alpha, double tolerance) =>
        Math.Max(inside.Doubt(alpha, out double slope), slope) < LargestDoubt * Math.Min(1, tolerance / 1e-6);

    /// <summary>One measurement at the guess, where the Newton step left moves neither α nor q; else the step is where to go on.</summary>
    private static bool TryConfirm<TCriterion>(RowState* state, in SolveJob job, TCriterion criterion, double alpha, int iterations, out RowResult result)
        where TCriterion : struct, ICriterion
    {
        result = Newton.Measure(state, criterion, alpha, RowStatus.Ok, iterations, out PathValues at);
        double step = -result.Value / criterion.Slope(alpha, at);
        bool isSettled = Math.Abs(step) <= 0.5 * job.Options.Tolerance && Precision.IsClose(result.Value, result.LogZ, job.Options.Tolerance) &&
            Precision.IsSettled(state->Kernels.IsF64, 1, step, at.Variance, job.Options.Tolerance);
        if (!isSettled && alpha + step is >= 0 and <= 1)
        {
            result.Alpha = alpha + step;
        }

        return isSettled;
    }

    private static PathNode Node(RowState* state, in PathSums sums, double alpha) => new()
    {
        Value = sums.Point.LogWeight - state->Normaliser(alpha, 0),
        Slope = state->Kappa - sums.Point.Moments.Mean,
        Curvature = sums.Point.Moments.Variance,
    };
}
