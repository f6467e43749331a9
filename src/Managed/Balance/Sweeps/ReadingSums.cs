using System;

namespace Equipoise.Balance;

/// <summary>
/// What the reading sweep knows of a row, a piece or a block: the moments at α = 0 (target), ½ and 1 (theta) over the common support, and
/// each
/// policy's own mass. Weights are relative to each policy's largest score (its top), those at ½ to the mean of both tops plus <see
/// cref="HalfReference"/>.
/// </summary>
internal struct ReadingSums
{
    /// <summary>Largest score of each policy, unscaled; −∞ when nothing real was met yet.</summary>
    internal double ThetaTop;

    internal double TargetTop;

    /// <summary>Nats, relative to the mean of both scaled tops.</summary>
    internal double HalfReference;

    internal Moments Target;

    internal Moments Half;

    internal Moments Theta;

    /// <summary>Each policy's mass over its own support.</summary>
    internal double ThetaMass;

    internal double TargetMass;

    /// <summary>What of these masses f64 sums account for, where the rest is f32's.</summary>
    internal double ThetaWide;

    internal double TargetWide;

    /// <summary>The policy has a token that is masked in the target.</summary>
    internal bool ThetaAlone;

    /// <summary>The target has a token that is masked in the policy.</summary>
    internal bool TargetAlone;

    internal readonly bool IsFinite => Target.IsFinite && Half.IsFinite && Theta.IsFinite && double.IsFinite(ThetaMass + TargetMass);

    internal static ReadingSums Empty => new() { ThetaTop = double.NegativeInfinity, TargetTop = double.NegativeInfinity };

    /// <summary>Empty, and relative to another's tops.</summary>
    internal static ReadingSums RelativeTo(in ReadingSums other) => new() { ThetaTop = other.ThetaTop, TargetTop = other.TargetTop };

    /// <summary>Moves the references up to new tops. 1/T of each policy scales them to nats.</summary>
    internal void Raise(double thetaTop, double targetTop, double inverseTheta, double inverseTarget)
    {
        if (thetaTop == ThetaTop && targetTop == TargetTop)
        {
            return;
        }

        // A top of −∞ stands for "no score yet": nothing has been summed on that side, and any reference serves.
        double theta = double.IsNegativeInfinity(ThetaTop) ? 0 : (thetaTop - ThetaTop) * inverseTheta;
        double target = double.IsNegativeInfinity(TargetTop) ? 0 : (targetTop - TargetTop) * inverseTarget;
        ThetaTop = thetaTop;
        TargetTop = targetTop;
        if (ThetaMass == 0 && TargetMass == 0)
        {
            return;
        }

        double thetaFactor = Elementary.Exp(-theta), targetFactor = Elementary.Exp(-target), shift = theta - target;
        Theta.Rebase(thetaFactor, shift);
        Target.Rebase(targetFactor, shift);
        Half.Rebase(1, shift);
        HalfReference -= 0.5 * (theta + target);
        ThetaMass *= thetaFactor;
        TargetMass *= targetFactor;
        ThetaWide *= thetaFactor;
        TargetWide *= targetFactor;
    }

    /// <summary>Adds sums that are relative to the same tops.</summary>
    internal void Add(in ReadingSums other)
    {
        Theta.Add(other.Theta, 1);
        Target.Add(other.Target, 1);
        ThetaMass += other.ThetaMass;
        TargetMass += other.TargetMass;
        ThetaWide += other.ThetaWide;
        TargetWide += other.TargetWide;
        ThetaAlone |= other.ThetaAlone;
        TargetAlone |= other.TargetAlone;
        AddHalf(other.Half, other.HalfReference);
    }

    /// <summary>Adds the sums of the next piece of the row, bringing both to the higher tops.</summary>
    internal void Merge(ReadingSums other, double inverseTheta, double inverseTarget)
    {
        double theta = Math.Max(ThetaTop, other.ThetaTop), target = Math.Max(TargetTop, other.TargetTop);
        Raise(theta, target, inverseTheta, inverseTarget);
        other.Raise(theta, target, inverseTheta, inverseTarget);
        Add(other);
    }

    private void AddHalf(in Moments other, double reference)
    {
        if (other.Weight == 0)
        {
            return;
        }

        if (Half.Weight == 0)
        {
            Half = other;
            HalfReference = reference;
        }
        else if (reference > HalfReference)
        {
            Half.Rebase(Elementary.Exp(HalfReference - reference), 0);
            HalfReference = reference;
            Half.Add(other, 1);
        }
        else
        {
            Half.Add(other, reference == HalfReference ? 1 : Elementary.Exp(reference - HalfReference));
        }
    }
}
