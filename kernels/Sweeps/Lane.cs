using Equipoise.Balance;

namespace Equipoise.Kernels;

/// <summary>
/// One thread's sums of a sweep, in registers: moments at α = 0, ½ and 1 with the masses outside the common support (reading), or at one
/// point. Weights are relative to this thread's own tops until the group agrees on the highest.
/// </summary>
internal struct Lane
{
    /// <summary>Largest score of each policy (reading), or of the exponent (evaluating).</summary>
    internal double ThetaTop;
    internal double TargetTop;
    internal Moments Target;
    internal Moments Half;
    internal Moments Theta;

    /// <summary>Mass of tokens that the other policy masks.</summary>
    internal double ThetaAlone;
    internal double TargetAlone;

    /// <summary>Bits of <see cref="Found"/>.</summary>
    internal int Found;

    internal static Lane Empty
    {
        get
        {
            Lane lane = default;
            lane.ThetaTop = lane.TargetTop = double.NegativeInfinity;
            return lane;
        }
    }

    /// <summary>Moves a reading's references up.</summary>
    internal void Raise(double thetaTop, double targetTop, double inverseTheta, double inverseTarget)
    {
        double theta = ThetaTop > double.NegativeInfinity ? (thetaTop - ThetaTop) * inverseTheta : 0;
        double target = TargetTop > double.NegativeInfinity ? (targetTop - TargetTop) * inverseTarget : 0;
        ThetaTop = thetaTop;
        TargetTop = targetTop;
        if (theta == 0 && target == 0)
        {
            return;
        }

        double thetaRoot = Elementary.Exp(-0.5 * theta), targetRoot = Elementary.Exp(-0.5 * target), shift = theta - target;
        Theta.Rebase(thetaRoot * thetaRoot, shift);
        Target.Rebase(targetRoot * targetRoot, shift);
        Half.Rebase(thetaRoot * targetRoot, shift);
        ThetaAlone *= thetaRoot * thetaRoot;
        TargetAlone *= targetRoot * targetRoot;
    }

    /// <summary>Adds sums that are relative to the same references.</summary>
    internal void Add(Lane other)
    {
        Target.Add(other.Target, 1);
        Half.Add(other.Half, 1);
        Theta.Add(other.Theta, 1);
        ThetaAlone += other.ThetaAlone;
        TargetAlone += other.TargetAlone;
        Found |= other.Found;
    }

    /// <summary>Moves an evaluation's reference up.</summary>
    internal void RaisePoint(double exponent)
    {
        double fall = ThetaTop > double.NegativeInfinity ? ThetaTop - exponent : 0;
        ThetaTop = exponent;
        if (fall != 0)
        {
            Theta.Rebase(Elementary.Exp2(fall), 0);
        }
    }
}

/// <summary>What a sweep met.</summary>
internal static class Found
{
    /// <summary>A token masked in the target alone.</summary>
    internal const int ThetaAlone = 1;

    /// <summary>A token masked in the policy alone.</summary>
    internal const int TargetAlone = 2;

    /// <summary>NaN or +∞.</summary>
    internal const int Poison = 4;

    /// <summary>A difference that f32 cannot hold.</summary>
    internal const int Beyond32 = 8;
}
