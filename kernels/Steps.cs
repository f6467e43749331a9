using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>
/// What one thread does between two sweeps of a row: takes the sums in, and orders the next sweep or stores the answer. The CPU's RowSolver
/// turned inside out, on the CPU's own scalar steps. Every case appears once, so that the compiled kernel holds each once.
/// </summary>
internal static class Steps
{
    /// <summary>Below this, log Z's curvature is better summed in f64: f32 exponentials would blur α.</summary>
    private const double SmallVariance = 1e-3;

    /// <summary>What is above f32's noise in a criterion's function, relative to max(1, KL).</summary>
    private const double EndMargin = 1e-4;

    /// <summary>Below this weight at a node, sums of that node cannot be trusted.</summary>
    private const double SmallWeight = 1e-25;

    /// <summary>Below this, f32's noise in log Z would move the α of a criterion that looks at it.</summary>
    private const double SmallSlope = 0.05;

    /// <summary>What f32 exponentials do to a sum of q: a prediction that is this close says more about log Z than the measurement.</summary>
    private const double NoiseF32 = 5e-7;

    /// <summary>Writing sweeps that a row gets before its steps are taken in f64 without writing.</summary>
    private const int FastSweeps = 3;

    /// <summary>log2 of the normaliser beyond which f32 exponents are too coarse.</summary>
    private const double LargestOffsetF32 = 48;

    /// <summary>Exponents so large that their rounding would drown the normaliser.</summary>
    private const double FarOffset = 1024;

    internal static void Advance(in Arguments arguments, long row)
    {
        ref RowState state = ref arguments.States[row];
        DeviceJob job = arguments.Job;
        RowCriterion criterion = RowCriterion.Of(arguments, row);
        job.Tolerance = criterion.Tolerance(job.Tolerance);
        int phase = state.Phase;
        state.LastKind = state.Order.Kind;
        state.Order.Kind = Sweep.Done;
        state.Order.IsStoring = 0;
        Sums sums = default;
        if (phase != Phase.Begin)
        {
            sums = Sums.Gather(arguments, ref state, row);
        }

        // A phase either orders a sweep or names the phase to go on with.
        do
        {
            phase = Step(arguments, job, criterion, ref state, phase, sums, row);
        }
        while (state.Order.Kind == Sweep.Done && phase != Phase.Filled);
        state.Phase = phase;
        if (state.Order.Kind > Sweep.Read)
        {
            FinishOrder(ref state);
        }
    }

    private static int Step(in Arguments arguments, DeviceJob job, RowCriterion criterion, ref RowState state, int phase, Sums sums, long row)
    {
        switch (phase)
        {
            case Phase.Begin:
                return Begin(arguments, job, criterion, ref state, row);
            case Phase.UnitMass:
            case Phase.Read:
                return !IsValid(job, ref state, sums) ? Fail(ref state, RowStatus.Invalid)
                    : phase == Phase.UnitMass ? Read(job, ref state)
                    : Start(job, criterion, ref state);
            case Phase.ReadAgain:
                return state.Next;
            case Phase.Solve:
                return Solve(job, criterion, ref state);
            case Phase.SolveFixed:
                return SolveFixed(job, ref state);
            case Phase.SolveWide:
                state.IsSecond = 1;
                state.Next = Phase.Nodes;
                return ReadAgain(job, ref state);
            case Phase.Nodes:
                return StartNodes(ref state);
            case Phase.Node0:
                state.Nodes.Value0 = sums.LogWeight - Normaliser(ref state, 0, 0);
                state.Nodes.Slope0 = Kappa(ref state) - sums.Theta.Mean;
                state.Nodes.Curvature0 = sums.Theta.Variance;
                return Evaluate(ref state, 0.5, Phase.NodeHalf);
            case Phase.NodeHalf:
                state.Nodes.ValueHalf = sums.LogWeight - Normaliser(ref state, 0.5, 0);
                state.Nodes.SlopeHalf = Kappa(ref state) - sums.Theta.Mean;
                state.Nodes.CurvatureHalf = sums.Theta.Variance;
                return sums.IsEmpty ? Fail(ref state, RowStatus.Disjoint) : Evaluate(ref state, 1, Phase.Node1);
            case Phase.Node1:
                state.Nodes.Value1 = sums.LogWeight - Normaliser(ref state, 1, 0);
                state.Nodes.Slope1 = Kappa(ref state) - sums.Theta.Mean;
                state.Nodes.Curvature1 = sums.Theta.Variance;
                return Phase.WideNodes;
            case Phase.WideNodes:
                return criterion.IsReflected ? Evaluate(ref state, 2, Phase.Outer2) : Guess(job, criterion, ref state);
            case Phase.Outer2:
                state.LogZAt2 = sums.LogWeight - Normaliser(ref state, 2, 0);
                return Evaluate(ref state, -1, Phase.OuterMinus1);
            case Phase.OuterMinus1:
                state.LogZAtMinus1 = sums.LogWeight - Normaliser(ref state, -1, 0);
                return Phase.ReflectedEnds;
            case Phase.ReflectedEnds:
                return ReflectedEnds(job, criterion, ref state);
            case Phase.ReflectedSearch:
                return Guess(job, criterion, ref state);
            case Phase.Beyond:
                state.LogZBeyond = sums.LogWeight - Normaliser(ref state, 2 - state.FoundAlpha, 0);
                state.MeanBeyond = sums.Theta.Mean - Kappa(ref state);
                return Evaluate(ref state, -state.FoundAlpha, Phase.Before);
            case Phase.Before:
                state.LogZBefore = sums.LogWeight - Normaliser(ref state, -state.FoundAlpha, 0);
                state.MeanBefore = sums.Theta.Mean - Kappa(ref state);
                state.Value = state.IsFixed != 0 ? EndValue(criterion, ref state, state.FoundAlpha, Here(ref state)) : criterion.Function(state.FoundAlpha, Here(ref state));
                return state.Next;
            case Phase.Refine:
                return Refine(job, criterion, ref state, sums);
            case Phase.FixedWrite:
                return FixedWrite(job, criterion, ref state, sums);
            case Phase.GoToAlpha:
                return Evaluate(ref state, state.FoundAlpha, Phase.AtAlpha);
            case Phase.AtAlpha:
                state.Iterations++;
                return sums.IsEmpty ? Fail(ref state, RowStatus.Disjoint) : Measure(criterion, ref state, sums, state.FoundAlpha, Phase.Store);
            case Phase.Centred:
                return Centred(job, criterion, ref state, sums);
            case Phase.Predicted:
                return Predicted(job, criterion, ref state, sums);
            case Phase.StartNewton:
                state.Bracket = Bracket.Unit;
                state.Sweeps = 0;
                state.IsLast = 0;
                return Evaluate(ref state, state.Alpha, Phase.Newton);
            case Phase.Newton:
                return Measure(criterion, ref state, sums, state.Alpha, Phase.NewtonStep);
            case Phase.NewtonStep:
                return Newton(job, criterion, ref state);
            case Phase.StartBisection:
                return criterion.IsReflected ? Phase.Nodes
                    : criterion.MayHoldEverywhere ? Evaluate(ref state, 0, Phase.BisectHeld)
                    : StartBisection(ref state);
            case Phase.BisectHeld:
                return BisectHeld(criterion, ref state, sums);
            case Phase.Bisect:
                return sums.IsEmpty ? Fail(ref state, RowStatus.Disjoint) : Measure(criterion, ref state, sums, state.Bracket.Middle, Phase.BisectStep);
            case Phase.BisectStep:
                return Bisect(job, criterion, ref state);
            case Phase.BisectFlat:
                Take(criterion, ref state, sums, 0.5);
                state.Value = 0;
                return Phase.Store;
            case Phase.BisectEnd:
                return BisectEnd(criterion, ref state, sums);
            case Phase.Store:
                return Store(job, ref state);
            case Phase.EssTheta:
            case Phase.EssTarget:
                return TakeEss(ref state, sums, phase);
            case Phase.WriteQ:
                return WriteQ(arguments, job, criterion, ref state, row);
            case Phase.Written:
                return Phase.WriteLogQ;
            case Phase.WriteLogQ:
                return WriteLogQ(job, ref state);
            case Phase.LogWritten:
                return Phase.Finish;
            case Phase.Unsolved:
                return Unsolved(arguments, job, ref state, row);
            case Phase.Finish:
                return Finish(job, ref state);
            default:
                return Phase.Filled;
        }
    }

    private static int Begin(in Arguments arguments, DeviceJob job, RowCriterion criterion, ref RowState state, long row)
    {
        state.Status = (int)RowStatus.Ok;
        state.Iterations = 0;
        state.IsWritten = 0;
        state.IsWide = 0;
        state.IsSecond = 0;
        state.Measured = 0;
        state.Value = 0;
        state.EssTheta = 0;
        state.EssTarget = 0;
        state.IsFixed = criterion.IsFixed ? 1 : 0;
        state.FixedAlpha = RowCriterion.First(arguments, row);
        state.FoundAlpha = state.FixedAlpha;
        if (job.HasMask != 0 && arguments.RowMask[row] == 0)
        {
            return Fail(ref state, RowStatus.Skipped);
        }

        double inverseTheta = job.HasRowTheta != 0 ? 1 / arguments.RowTheta[row] : job.InverseTheta;
        double inverseTarget = job.HasRowTarget != 0 ? 1 / arguments.RowTarget[row] : job.InverseTarget;
        state.RowInverseTheta = inverseTheta;
        state.RowInverseTarget = inverseTarget;
        if (!(RowCriterion.IsValid(arguments, row) && inverseTheta > 0 && inverseTheta <= double.MaxValue && inverseTarget > 0 && inverseTarget <= double.MaxValue))
        {
            return Fail(ref state, RowStatus.Invalid);
        }

        if (job.Scores != (int)Scores.Logits && job.Epsilon == 0 && !(inverseTheta == 1 && inverseTarget == 1))
        {
            return OrderReading(ref state, 1, 1, IsF64(job), Phase.UnitMass);
        }

        return Read(job, ref state);
    }

    private static bool IsF64(DeviceJob job) => job.IsF64 != 0 || job.Method == (int)Method.Bisection;

    private static int Read(DeviceJob job, ref RowState state) =>
        OrderReading(ref state, state.RowInverseTheta, state.RowInverseTarget, IsF64(job), Phase.Read);

    /// <summary>The reading sums in f64, where they were not.</summary>
    private static int ReadAgain(DeviceJob job, ref RowState state) =>
        state.IsWide != 0 ? state.Next : OrderReading(ref state, state.RowInverseTheta, state.RowInverseTarget, true, Phase.ReadAgain);

    private static int OrderReading(ref RowState state, double inverseTheta, double inverseTarget, bool isWide, int phase)
    {
        state.Order.Kind = isWide ? Sweep.Read : Sweep.Read32;
        state.IsWide = isWide ? 1 : 0;
        state.Order.InverseTheta = inverseTheta;
        state.Order.InverseTarget = inverseTarget;
        return phase;
    }

    private static int Fail(ref RowState state, RowStatus status)
    {
        state.Status = (int)status;
        return Phase.Unsolved;
    }

    /// <summary>False for NaN, +∞, nothing but masks, or a mass that is not 1 where it must be.</summary>
    private static bool IsValid(DeviceJob job, ref RowState state, Sums sums)
    {
        double theta = state.ThetaLogMass, target = state.TargetLogMass;
        bool isReal = (sums.Found & Found.Poison) == 0 && IntrinsicMath.Abs(theta) <= double.MaxValue && IntrinsicMath.Abs(target) <= double.MaxValue;
        if (job.Scores == (int)Scores.Logits || job.Epsilon > 0 || !isReal)
        {
            return isReal;
        }

        double worst = 0, logMass = state.Order.ThetaTop + theta, inverse = state.Order.InverseTheta;
        for (int i = 0; i < 2; i++)
        {
            worst = inverse == 1 ? IntrinsicMath.Max(worst, IntrinsicMath.Abs(Elementary.Exp(logMass) - 1)) : worst;
            logMass = state.Order.TargetTop + target;
            inverse = state.Order.InverseTarget;
        }

        return worst <= 1e-3;
    }

    private static double Kappa(ref RowState state) => state.TargetLogMass - state.ThetaLogMass;

    private static double Normaliser(ref RowState state, double alpha, double logZ) =>
        logZ + (alpha * state.ThetaLogMass) + ((1 - alpha) * state.TargetLogMass);

    private static bool SupportsDiffer(ref RowState state) => state.ThetaAlone != 0 || state.TargetAlone != 0;

    private static bool IsHard(ref RowState state) =>
        !(state.Theta.Weight > SmallWeight && state.Half.Weight > SmallWeight && state.Target.Weight > SmallWeight) || state.IsBeyond32 != 0;

    private static bool Holds(DeviceJob job, double offset) => IsF64(job) || IntrinsicMath.Abs(offset) < LargestOffsetF32;

    /// <summary>The search, unless the criterion's parameters name the place.</summary>
    private static int Start(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        if (state.IsFixed != 0)
        {
            return Phase.SolveFixed;
        }

        double end = criterion.End;
        if (!double.IsNaN(end))
        {
            bool isTheta = end > 0.5, isMissed = (isTheta ? state.ThetaAlone : state.TargetAlone) != 0;
            Fix(ref state, isTheta, isMissed);
            return GoToAlpha(job, ref state);
        }

        return job.Method == (int)Method.Bisection ? Phase.StartBisection : Phase.Solve;
    }

    /// <summary>The answer is an end: that which meets the criterion, or the one beyond which it would be met.</summary>
    private static void Fix(ref RowState state, bool isTheta, bool isMissed)
    {
        RowStatus missed = isTheta ? RowStatus.AtTheta : RowStatus.AtTarget;
        state.IsFixed = 1;
        state.FixedAlpha = End(isTheta);
        state.Status = (int)(isMissed ? missed : RowStatus.Ok);
    }

    private static int Solve(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        state.FoundAlpha = double.NaN;
        if (criterion.IsReflected || (!IsF64(job) && (IsHard(ref state) || job.Tolerance < Precision.FinestF32)))
        {
            return Phase.SolveWide;
        }

        return Phase.Nodes;
    }

    private static int StartNodes(ref RowState state)
    {
        if (IsHard(ref state))
        {
            return Evaluate(ref state, 0, Phase.Node0);
        }

        double target = state.Target.Weight, half = state.Half.Weight, theta = state.Theta.Weight;
        for (int i = 0; i < 3; i++)
        {
            double log = Elementary.Log(target);
            target = half;
            half = theta;
            theta = log;
        }

        state.Nodes.Value0 = target - state.TargetLogMass;
        state.Nodes.ValueHalf = half - (0.5 * (state.ThetaLogMass + state.TargetLogMass));
        state.Nodes.Value1 = theta - state.ThetaLogMass;
        state.Nodes.Slope0 = Kappa(ref state) - state.Target.Mean;
        state.Nodes.SlopeHalf = Kappa(ref state) - state.Half.Mean;
        state.Nodes.Slope1 = Kappa(ref state) - state.Theta.Mean;
        state.Nodes.Curvature0 = state.Target.Variance;
        state.Nodes.CurvatureHalf = state.Half.Variance;
        state.Nodes.Curvature1 = state.Theta.Variance;
        return Phase.WideNodes;
    }

    /// <summary>The function has its sign of the whole path already at α = 0.</summary>
    private static bool IsAtTarget(RowCriterion criterion, ref RowState state) =>
        (SupportsDiffer(ref state) || criterion.MayHoldEverywhere)
        && criterion.Function(0, ValuesAt(state.Nodes.Value0, -state.Nodes.Slope0, state.Nodes.Curvature0)) < 0;

    /// <summary>The ends of the path, for a criterion that looks beyond them.</summary>
    private static int ReflectedEnds(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        PathValues atTarget = ValuesAt(state.Nodes.Value0, -state.Nodes.Slope0, state.Nodes.Curvature0);
        PathValues atTheta = ValuesAt(state.Nodes.Value1, -state.Nodes.Slope1, state.Nodes.Curvature1);
        atTarget.LogZBeyond = state.LogZAt2;
        atTarget.LogZBefore = state.Nodes.Value0;
        atTheta.LogZBeyond = state.Nodes.Value1;
        atTheta.LogZBefore = state.LogZAtMinus1;
        bool isBeyond = SupportsDiffer(ref state) && EndValue(criterion, ref state, 1, atTheta) > 0;
        bool mayHold = SupportsDiffer(ref state) || criterion.MayHoldEverywhere;
        if (isBeyond || (mayHold && EndValue(criterion, ref state, 0, atTarget) < 0))
        {
            Fix(ref state, isBeyond, true);
            return GoToAlpha(job, ref state);
        }

        return job.Method == (int)Method.Bisection ? StartBisection(ref state) : Phase.ReflectedSearch;
    }

    /// <summary>The function where an ESS is 0 because q misses a token: log Z at 2 − α or −α is then infinite.</summary>
    private static double EndValue(RowCriterion criterion, ref RowState state, double alpha, PathValues at)
    {
        PathValues whole = at;
        whole.LogZBeyond = state.ThetaAlone != 0 ? double.PositiveInfinity : at.LogZBeyond;
        whole.LogZBefore = state.TargetAlone != 0 ? double.PositiveInfinity : at.LogZBefore;
        double value = criterion.Function(alpha, whole);
        return double.IsNaN(value) ? criterion.Function(alpha, at) : value;
    }

    /// <summary>What was measured at the latest point.</summary>
    private static PathValues Here(ref RowState state)
    {
        PathValues at = ValuesAt(state.FoundLogZ, state.Mean, state.Variance);
        at.LogZBeyond = state.LogZBeyond;
        at.MeanBeyond = state.MeanBeyond;
        at.LogZBefore = state.LogZBefore;
        at.MeanBefore = state.MeanBefore;
        return at;
    }

    /// <summary>Takes a point in, and goes on to where it is reflected for a criterion that looks there.</summary>
    private static int Measure(RowCriterion criterion, ref RowState state, Sums sums, double alpha, int next)
    {
        Take(criterion, ref state, sums, alpha);
        state.Next = next;
        return criterion.IsReflected ? Evaluate(ref state, 2 - alpha, Phase.Beyond) : next;
    }

    /// <summary>It has it still at α = 1.</summary>
    private static bool IsAtTheta(RowCriterion criterion, ref RowState state) =>
        SupportsDiffer(ref state) && criterion.Function(1, ValuesAt(state.Nodes.Value1, -state.Nodes.Slope1, state.Nodes.Curvature1)) > 0;

    /// <summary>α = 0 is the answer, beyond the doubt that f32 sums leave.</summary>
    private static bool HoldsEverywhere(RowCriterion criterion, ref RowState state) =>
        criterion.MayHoldEverywhere
        && criterion.Function(0, ValuesAt(state.Nodes.Value0, -state.Nodes.Slope0, state.Nodes.Curvature0))
            < -EndMargin * IntrinsicMath.Max(1, IntrinsicMath.Abs(state.Nodes.Slope0));

    /// <summary>The criterion's root as the nodes predict it.</summary>
    private static int Guess(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        PathNodes nodes = state.Nodes;
        RowCriterion near = criterion.Nearby;
        if (state.IsFixed == 0 && state.IsSecond == 0 && HoldsEverywhere(criterion, ref state))
        {
            Fix(ref state, false, true);
        }

        bool isFixed = state.IsFixed != 0;
        HermiteInterpolant path = HermiteInterpolant.OfDegree8(nodes);
        Guess guess = isFixed ? Balance.Guess.At(path, state.FixedAlpha) : Balance.Guess.Root(path, near);
        state.GuessedMean = guess.Mean;
        bool isGood = Envelope.Contains(nodes, guess), isPredicted = !isFixed && !criterion.IsReflected && Precision.IsPredicted(path, guess, criterion, job.Tolerance);
        return state.IsSecond != 0
            ? SolveOnNodes(job, criterion, ref state, nodes, guess, isGood, isPredicted)
            : StartWriting(job, criterion, ref state, nodes, guess, isGood, isPredicted);
    }

    /// <summary>The first attempt, on the sums as they were read.</summary>
    private static int StartWriting(
        DeviceJob job, RowCriterion criterion, ref RowState state, PathNodes nodes, Guess guess, bool isContained, bool isPredicted)
    {
        bool isFixed = state.IsFixed != 0;
        bool isFlat = nodes.CurvatureHalf < SmallVariance, isAtEnd = IsAtTarget(criterion, ref state) || IsAtTheta(criterion, ref state);
        bool isGood = !isFlat && isContained, isBlurred = !IsF64(job) && IsBlurred(criterion, guess);
        if (!isGood || ((isAtEnd || isBlurred) && !isFixed))
        {
            return isFixed ? GoToAlpha(job, ref state) : Phase.SolveWide;
        }

        state.Alpha = guess.Alpha;
        state.LogZ = guess.LogZ;
        state.Variance = guess.Variance;
        state.Sweeps = 0;
        state.Bracket = Bracket.Unit;
        if ((job.Outputs & Wanted.Measure) == 0 && !IsF64(job) && isPredicted)
        {
            return Predict(ref state);
        }

        return TryWrite(job, ref state, isFixed ? Phase.FixedWrite : Phase.Refine);
    }

    private static bool IsBlurred(RowCriterion criterion, Guess guess) =>
        criterion.NeedsLogZ && !(criterion.Slope(guess.Alpha, ValuesAt(guess.LogZ, guess.Mean, guess.Variance)) < -SmallSlope);

    /// <summary>The guess is the answer.</summary>
    private static int Predict(ref RowState state)
    {
        state.FoundAlpha = state.Alpha;
        state.FoundLogZ = state.LogZ;
        state.Mean = state.GuessedMean;
        SetPoint(ref state, state.Alpha, state.LogZ);
        return Phase.Store;
    }

    /// <summary>The point at α, normalised by a predicted log Z.</summary>
    private static void SetPoint(ref RowState state, double alpha, double logZ)
    {
        state.PointAlpha = alpha;
        state.PointOffset = -Normaliser(ref state, alpha, logZ) * Constants.Log2E;
        state.PointScale = 1;
        state.PointLogScale = 0;
    }

    /// <summary>A writing sweep, where its arithmetic can hold the point.</summary>
    private static int TryWrite(DeviceJob job, ref RowState state, int phase)
    {
        SetPoint(ref state, state.Alpha, state.LogZ);
        if (!Holds(job, state.PointOffset))
        {
            return GiveUpWriting(job, ref state, phase);
        }

        return OrderWrite(job, ref state, phase, IsF64(job));
    }

    private static int GiveUpWriting(DeviceJob job, ref RowState state, int phase)
    {
        if (phase == Phase.FixedWrite)
        {
            state.Iterations = FastSweeps;
            return GoToAlpha(job, ref state);
        }

        state.Iterations = state.Measured;
        state.FoundAlpha = state.Measured > 0 ? state.Alpha : double.NaN;
        return Phase.SolveWide;
    }

    private static int OrderWrite(DeviceJob job, ref RowState state, int phase, bool isWide)
    {
        state.Order.Kind = isWide ? Sweep.Write : Sweep.Write32;
        state.Order.IsStoring = (job.Outputs & Wanted.Q) != 0 ? 1 : 0;
        Aim(ref state, state.PointAlpha, state.PointOffset, state.PointScale, 0);
        return phase;
    }

    private static void Aim(ref RowState state, double alpha, double offset, double scale, double centre)
    {
        state.AimAlpha = alpha;
        state.Order.Offset = offset;
        state.Order.Scale = scale;
        state.Order.Centre = centre;
    }

    /// <summary>What the sweeps at a point want to know of it.</summary>
    private static void FinishOrder(ref RowState state)
    {
        double alpha = state.AimAlpha, offset = state.Order.Offset;
        state.Order.InverseTheta = state.RowInverseTheta;
        state.Order.InverseTarget = state.RowInverseTarget;
        state.Order.ThetaFactor = alpha * state.RowInverseTheta * Constants.Log2E;
        state.Order.TargetFactor = (1 - alpha) * state.RowInverseTarget * Constants.Log2E;
        state.Order.Mend = Elementary.Exp2(offset - (float)offset);
    }

    private static int Evaluate(ref RowState state, double alpha, int phase)
    {
        state.Order.Kind = Sweep.Evaluate;
        Aim(ref state, alpha, 0, 1, 0);
        return phase;
    }

    private static PathValues ValuesAt(double logZ, double mean, double variance)
    {
        PathValues at = default;
        at.LogZ = logZ;
        at.Mean = mean;
        at.Variance = variance;
        return at;
    }

    private static bool IsNumber(Sums sums) => IntrinsicMath.Abs(sums.Theta.First) <= double.MaxValue && sums.Theta.Weight > 0;

    private static int Refine(DeviceJob job, RowCriterion criterion, ref RowState state, Sums sums)
    {
        if (!IsNumber(sums))
        {
            return GiveUpWriting(job, ref state, Phase.Refine);
        }

        state.Sweeps++;
        state.Measured = state.Sweeps;
        double alpha = state.Alpha, logZ = state.LogZ + sums.LogOfSum, mean = sums.Theta.Mean - Kappa(ref state);
        double variance = state.Variance * MeasuredCurvature(ref state, mean);
        bool isNoise = !IsF64(job) && IntrinsicMath.Abs(sums.LogOfSum) < NoiseF32;
        PathValues at = ValuesAt(isNoise ? state.LogZ : logZ, mean, variance);
        double value = criterion.Function(alpha, at), slope = criterion.Slope(alpha, at), step = -value / slope;
        Bracket bracket = state.Bracket;
        bracket.Narrow(alpha, value);
        state.Bracket = bracket;
        state.FoundLogZ = logZ;
        state.Mean = mean;
        state.Value = value;
        state.Iterations = state.Sweeps;
        if (Precision.IsSettled(IsF64(job), sums.Theta.Weight, step, variance, job.Tolerance) && Precision.IsClose(value, logZ, job.Tolerance))
        {
            double moved = alpha + step;
            state.FoundAlpha = moved > 0 ? (moved < 1 ? moved : 1) : 0;

            // KLs are those of q as it was written, without the step: log Z makes up for it.
            state.FoundLogZ = criterion.NeedsLogZ ? at.LogZ - (mean * step) : logZ;
            state.IsWritten = job.Outputs & Wanted.Q;
            return Phase.Store;
        }

        if (state.Sweeps == job.MaxIterations)
        {
            state.Status = (int)RowStatus.NotConverged;
            state.FoundAlpha = alpha;
            SetPoint(ref state, alpha, logZ);
            return Phase.Store;
        }

        double next = bracket.Next(alpha, value, slope), move = next - alpha;
        if (!(move * move * variance <= 1) || state.Sweeps == FastSweeps)
        {
            return GiveUpWriting(job, ref state, Phase.Refine);
        }

        state.LogZ = logZ + (-mean * move) + (0.5 * variance * move * move);
        state.Alpha = next;
        PathNodes nodes = state.Nodes;
        HermiteInterpolant.OfDegree8(nodes).Evaluate(next, out _, out variance);
        state.Variance = variance;
        return TryWrite(job, ref state, Phase.Refine);
    }

    /// <summary>Takes up the mean at the latest point; log Z's curvature as a multiple of the interpolant's.</summary>
    private static double MeasuredCurvature(ref RowState state, double mean)
    {
        MeasuredMean last = state.Last, here = default;
        here.Alpha = state.Alpha;
        here.Mean = mean;
        double curvature = 1;
        if (state.Sweeps > 1)
        {
            PathNodes nodes = state.Nodes;
            curvature = MeasuredMean.Curvature(HermiteInterpolant.OfDegree8(nodes), last, here);
        }

        state.Last = here;
        return curvature;
    }

    private static int SolveFixed(DeviceJob job, ref RowState state) => IsHard(ref state) ? GoToAlpha(job, ref state) : Phase.Nodes;

    private static int FixedWrite(DeviceJob job, RowCriterion criterion, ref RowState state, Sums sums)
    {
        if (!IsNumber(sums))
        {
            return GiveUpWriting(job, ref state, Phase.FixedWrite);
        }

        state.Sweeps++;
        state.LogZ += sums.LogOfSum;
        if (Precision.IsSettled(IsF64(job), sums.Theta.Weight, 0, 0, 1))
        {
            state.FoundAlpha = state.Alpha;
            state.FoundLogZ = state.LogZ;
            state.Mean = sums.Theta.Mean - Kappa(ref state);
            state.Value = criterion.Function(state.Alpha, ValuesAt(state.LogZ, state.Mean, state.Variance));
            state.Iterations = state.Sweeps;
            state.IsWritten = job.Outputs & Wanted.Q;
            return Phase.Store;
        }

        return state.Sweeps == FastSweeps ? GiveUpWriting(job, ref state, Phase.FixedWrite) : TryWrite(job, ref state, Phase.FixedWrite);
    }

    private static int GoToAlpha(DeviceJob job, ref RowState state)
    {
        state.FoundAlpha = state.IsFixed != 0 ? state.FixedAlpha : state.FoundAlpha;
        state.Next = Phase.GoToAlpha;
        return ReadAgain(job, ref state);
    }

    /// <summary>The second attempt: f64 sums at the nodes, then whatever the row needs.</summary>
    private static int SolveOnNodes(
        DeviceJob job, RowCriterion criterion, ref RowState state, PathNodes nodes, Guess guess, bool isGood, bool isSharp)
    {
        bool isAtTheta = !criterion.IsReflected && IsAtTheta(criterion, ref state);
        if (isAtTheta || (!criterion.IsReflected && IsAtTarget(criterion, ref state)))
        {
            Fix(ref state, isAtTheta, true);
            return GoToAlpha(job, ref state);
        }

        bool isStarted = !double.IsNaN(state.FoundAlpha);
        state.Variance = guess.Variance;
        state.LogZ = guess.LogZ;
        bool isPredicted = !IsF64(job) && isGood && isSharp;
        double start = isStarted ? state.FoundAlpha : (isGood ? guess.Alpha : 0.5);
        state.Alpha = isPredicted ? guess.Alpha : start;
        state.FoundAlpha = start;
        state.IsPredicted = isPredicted ? 1 : 0;
        if (nodes.Height < Cumulants.LargestVariance)
        {
            state.Order.Kind = Sweep.Central;
            Aim(ref state, 0.5, -Normaliser(ref state, 0.5, nodes.ValueHalf) * Constants.Log2E, 1, Kappa(ref state) - nodes.SlopeHalf);
            return Phase.Centred;
        }

        return AfterCentred(job, ref state);
    }

    private static int AfterCentred(DeviceJob job, ref RowState state)
    {
        if (state.IsPredicted == 0)
        {
            return Phase.StartNewton;
        }

        SetPoint(ref state, state.Alpha, state.LogZ);
        if (!Holds(job, state.PointOffset))
        {
            return NewtonFromStart(ref state);
        }

        return (job.Outputs & Wanted.Measure) == 0 ? Predict(ref state) : OrderWrite(job, ref state, Phase.Predicted, false);
    }

    private static int NewtonFromStart(ref RowState state)
    {
        state.Alpha = state.FoundAlpha;
        return Phase.StartNewton;
    }

    private static int Centred(DeviceJob job, RowCriterion criterion, ref RowState state, Sums sums)
    {
        state.Iterations++;
        Cumulants series = Cumulants.Of(sums.Theta.Weight, sums.Theta.First, sums.Theta.Second, sums.Half.First, sums.Half.Second);
        if (!series.IsFlat && !series.IsConvergent)
        {
            return AfterCentred(job, ref state);
        }

        state.Status = (int)(series.IsFlat ? RowStatus.Identical : RowStatus.Ok);
        double alpha = series.IsFlat ? 0.5 : series.Alpha, logZ = series.IsFlat ? 0 : series.LogZ, mean = 0;
        if (criterion.NeedsLogZ && !series.IsFlat)
        {
            Guess guess = Balance.Guess.Root(new CumulantSeries(series.Second, series.Third, series.Fourth), criterion);
            alpha = guess.Alpha;
            logZ = guess.LogZ;
            mean = guess.Mean;
        }

        SetPoint(ref state, alpha, series.IsFlat ? state.Nodes.ValueHalf : logZ);
        state.FoundAlpha = alpha;
        state.FoundLogZ = logZ;
        state.Mean = mean;
        return Phase.Store;
    }

    private static int Predicted(DeviceJob job, RowCriterion criterion, ref RowState state, Sums sums)
    {
        double value = criterion.Function(state.Alpha, ValuesAt(state.LogZ, sums.Theta.Mean - Kappa(ref state), state.Variance));
        state.Iterations++;
        if (!Precision.IsSettled(false, sums.Theta.Weight, 0, 0, job.Tolerance) || !Precision.IsClose(value, state.LogZ, job.Tolerance))
        {
            state.Iterations--;
            return NewtonFromStart(ref state);
        }

        state.Value = value;
        state.IsWritten = job.Outputs & Wanted.Q;
        return Predict(ref state);
    }

    /// <summary>The answer at a point that f64 sums were taken at.</summary>
    private static int Take(RowCriterion criterion, ref RowState state, Sums sums, double alpha)
    {
        state.FoundAlpha = alpha;
        state.FoundLogZ = sums.LogWeight - Normaliser(ref state, alpha, 0);
        state.Mean = sums.Theta.Mean - Kappa(ref state);
        state.Variance = sums.Theta.Variance;
        state.Value = criterion.Function(alpha, ValuesAt(state.FoundLogZ, state.Mean, state.Variance));
        state.PointAlpha = alpha;
        double offset = -sums.Exponent - (sums.LogOfSum * Constants.Log2E);
        bool isFar = IntrinsicMath.Abs(offset) > FarOffset;
        state.PointOffset = isFar ? -sums.Exponent : offset;
        state.PointScale = isFar ? 1 / sums.Theta.Weight : 1;
        state.PointLogScale = isFar ? -sums.LogOfSum : 0;
        return Phase.Store;
    }

    private static int Newton(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        state.Sweeps++;
        state.Measured = state.Iterations + state.Sweeps;
        NewtonSearch search = default;
        search.Bracket = state.Bracket;
        search.IsLast = state.IsLast != 0;
        search.Alpha = state.Alpha;
        bool isOver = search.Next(
            criterion, Here(ref state), Kappa(ref state), IsF64(job), job.Tolerance, state.Measured >= job.MaxIterations);
        state.Bracket = search.Bracket;
        state.IsLast = search.IsLast ? 1 : 0;
        state.Alpha = search.Alpha;
        if (!isOver)
        {
            return Evaluate(ref state, search.Alpha, Phase.Newton);
        }

        state.Status = (int)(search.IsFound ? RowStatus.Ok : RowStatus.NotConverged);
        state.Iterations = state.Measured;
        return Phase.Store;
    }

    private static int StartBisection(ref RowState state)
    {
        state.Bracket = Bracket.Unit;
        state.Sweeps = 0;
        state.IsFlat = 1;
        return Evaluate(ref state, 0.5, Phase.Bisect);
    }

    /// <summary>Whether the whole path meets the criterion.</summary>
    private static int BisectHeld(RowCriterion criterion, ref RowState state, Sums sums)
    {
        if (sums.IsEmpty)
        {
            return Fail(ref state, RowStatus.Disjoint);
        }

        int next = Take(criterion, ref state, sums, 0);
        if (state.Value < 0)
        {
            state.Status = (int)RowStatus.AtTarget;
            return next;
        }

        return StartBisection(ref state);
    }

    private static int Bisect(DeviceJob job, RowCriterion criterion, ref RowState state)
    {
        Bracket bracket = state.Bracket;
        state.Iterations = state.Sweeps;
        double value = state.Value;
        bool isFlat = state.IsFlat != 0 && state.Variance <= 1e-28 && IntrinsicMath.Abs(state.Mean) < 1e-13;
        state.IsFlat = isFlat ? 1 : 0;
        bool isClose = job.Epsilon > 0 || Precision.IsClose(value, state.FoundLogZ, job.Tolerance), isNarrow = bracket.Width < job.Tolerance;
        bool isStarted = job.Epsilon == 0 || state.Sweeps > 0;
        if (isStarted && (state.Sweeps >= job.MaxIterations || (isNarrow && isClose) || bracket.Width < 1e-16))
        {
            state.Status = (int)(isNarrow && isClose ? RowStatus.Ok : RowStatus.NotConverged);
            bool isNearEnd = job.Epsilon == 0 && !criterion.IsReflected && SupportsDiffer(ref state) && (bracket.Middle <= 0.01 || bracket.Middle >= 0.99);
            if (isFlat)
            {
                state.Status = (int)RowStatus.Identical;
                return Evaluate(ref state, 0.5, Phase.BisectFlat);
            }

            return isNearEnd ? Evaluate(ref state, End(bracket.Middle >= 0.5), Phase.BisectEnd) : Phase.Store;
        }

        bracket.Narrow(bracket.Middle, value);
        state.Bracket = bracket;
        state.Sweeps++;
        return Evaluate(ref state, bracket.Middle, Phase.Bisect);
    }

    /// <summary>A bracket that has run into an end where the criterion may still point beyond it.</summary>
    private static int BisectEnd(RowCriterion criterion, ref RowState state, Sums sums)
    {
        bool isTarget = state.FoundAlpha < 0.5;
        double end = End(!isTarget), logZ = sums.LogWeight - Normaliser(ref state, end, 0);
        double value = criterion.Function(end, ValuesAt(logZ, sums.Theta.Mean - Kappa(ref state), sums.Theta.Variance));
        if (isTarget ? value < 0 : value > 0)
        {
            state.Status = (int)(isTarget ? RowStatus.AtTarget : RowStatus.AtTheta);
            return Take(criterion, ref state, sums, end);
        }

        return Phase.Store;
    }

    /// <summary>1 or 0; a choice between just these two constants is compiled into an integer's bits.</summary>
    private static double End(bool isTheta) => 0.5 + (isTheta ? 0.5 : -0.5);

    private static int Store(DeviceJob job, ref RowState state)
    {
        if ((job.Outputs & Wanted.Ess) == 0)
        {
            return Phase.WriteQ;
        }

        state.EssTheta = 1;
        state.EssTarget = 1;
        return state.Status == (int)RowStatus.Identical ? Phase.WriteQ : Evaluate(ref state, 2 - state.FoundAlpha, Phase.EssTheta);
    }

    /// <summary>Σ π_θ²/q = Z(α) Z(2−α) and Σ π_t²/q = Z(α) Z(−α), in the log domain.</summary>
    private static int TakeEss(ref RowState state, Sums sums, int phase)
    {
        double alpha = phase == Phase.EssTheta ? 2 - state.FoundAlpha : -state.FoundAlpha;
        double ess = IntrinsicMath.Min(Elementary.Exp(-state.FoundLogZ - (sums.LogWeight - Normaliser(ref state, alpha, 0))), 1);
        if (phase == Phase.EssTarget)
        {
            state.EssTarget = ess;
            return Phase.WriteQ;
        }

        state.EssTheta = ess;
        return Evaluate(ref state, -state.FoundAlpha, Phase.EssTarget);
    }

    private static int WriteQ(in Arguments arguments, DeviceJob job, RowCriterion criterion, ref RowState state, long row)
    {
        double alpha = state.FoundAlpha, mean = state.Mean, logZ = state.FoundLogZ;
        double residual = IntrinsicMath.Abs(state.Value) * criterion.Scale;
        Outputs.Store(
            arguments,
            job,
            row,
            state.Status,
            state.Iterations,
            alpha,
            IntrinsicMath.Min(0, logZ),
            IntrinsicMath.Max(0, ((1 - alpha) * mean) - logZ),
            IntrinsicMath.Max(0, (-alpha * mean) - logZ),
            residual,
            state.ThetaAlone != 0 ? 0 : state.EssTheta,
            state.TargetAlone != 0 ? 0 : state.EssTarget);
        bool isToWrite = (job.Outputs & Wanted.Q) != 0 && state.IsWritten == 0;
        return isToWrite ? OrderWrite(job, ref state, Phase.Written, !Holds(job, state.PointOffset) || IsF64(job)) : Phase.WriteLogQ;
    }

    private static int WriteLogQ(DeviceJob job, ref RowState state)
    {
        state.Order.FillQ = 0;
        state.Order.FillLogQ = double.NegativeInfinity;
        state.Order.FillFrom = job.Columns;
        if ((job.Outputs & Wanted.LogQ) == 0)
        {
            return Phase.Finish;
        }

        state.Order.Kind = Sweep.WriteLog;
        state.Order.IsStoring = 1;
        Aim(ref state, state.PointAlpha, state.PointOffset, 1, state.PointLogScale);
        return Phase.LogWritten;
    }

    /// <summary>A row without an answer: constants everywhere.</summary>
    private static int Unsolved(in Arguments arguments, DeviceJob job, ref RowState state, long row)
    {
        bool isDisjoint = state.Status == (int)RowStatus.Disjoint, isSkipped = state.Status == (int)RowStatus.Skipped;
        double bad = isSkipped ? 0 : double.NaN, far = isDisjoint ? double.PositiveInfinity : bad, zero = isDisjoint ? 0 : bad;
        double logZ = isDisjoint ? double.NegativeInfinity : bad;
        Outputs.Store(arguments, job, row, state.Status, state.Iterations, bad, logZ, far, far, bad, zero, zero);
        state.Order.FillQ = zero;
        state.Order.FillLogQ = logZ;
        state.Order.FillFrom = 0;
        return Phase.Finish;
    }

    private static int Finish(DeviceJob job, ref RowState state)
    {
        bool isToFill = (job.Outputs & (Wanted.Q | Wanted.LogQ)) != 0 && state.Order.FillFrom < job.Width;
        state.Order.Kind = isToFill ? Sweep.Fill : Sweep.Done;
        return Phase.Filled;
    }
}
