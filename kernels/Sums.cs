using Equipoise.Balance;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>What a sweep left, its pieces added in their order.</summary>
internal struct Sums
{
    /// <summary>log2 of what an evaluation's weights are relative to; −∞ when no token is common.</summary>
    internal double Exponent;

    internal Moments Theta;
    internal Moments Half;

    /// <summary>Bits of <see cref="Kernels.Found"/>.</summary>
    internal int Found;

    internal readonly bool IsEmpty => !(Exponent > double.NegativeInfinity);

    /// <summary>log Σ w, in nats.</summary>
    internal readonly double LogWeight => (Exponent / Constants.Log2E) + Elementary.Log(Theta.Weight);

    /// <summary>A reading's sums go into the row's state.</summary>
    internal static Sums Gather(in Arguments arguments, ref RowState state, long row)
    {
        int kind = state.LastKind;
        Lane total = Lane.Empty;
        for (int piece = 0; piece < arguments.Job.Pieces; piece++)
        {
            Lane lane = Slot(arguments.Slots, ((row * arguments.Job.Pieces) + piece) * PieceSweep.SlotSize);
            double theta = IntrinsicMath.Max(total.ThetaTop, lane.ThetaTop), target = IntrinsicMath.Max(total.TargetTop, lane.TargetTop);
            if (kind <= Sweep.Read)
            {
                total.Raise(theta, target, state.Order.InverseTheta, state.Order.InverseTarget);
                lane.Raise(theta, target, state.Order.InverseTheta, state.Order.InverseTarget);
            }
            else if (kind == Sweep.Evaluate)
            {
                total.RaisePoint(theta);
                lane.RaisePoint(theta);
            }

            total.Add(lane);
        }

        if (kind <= Sweep.Read)
        {
            Keep(ref state, total);
        }

        Sums sums = default;
        sums.Exponent = total.ThetaTop;
        sums.Theta = total.Theta;
        sums.Half = total.Half;
        sums.Found = total.Found;
        return sums;
    }

    private static void Keep(ref RowState state, Lane total)
    {
        state.Order.ThetaTop = total.ThetaTop;
        state.Order.TargetTop = total.TargetTop;
        state.Target = total.Target;
        state.Half = total.Half;
        state.Theta = total.Theta;
        state.HalfReference = 0;
        state.ThetaMass = total.Theta.Weight + total.ThetaAlone;
        state.TargetMass = total.Target.Weight + total.TargetAlone;
        state.ThetaAlone = total.Found & Kernels.Found.ThetaAlone;
        state.TargetAlone = total.Found & Kernels.Found.TargetAlone;
        state.IsBeyond32 = total.Found & Kernels.Found.Beyond32;
    }

    private static Lane Slot(ArrayView<double> slots, long at)
    {
        Lane lane = default;
        lane.Target.Weight = slots[at];
        lane.Target.First = slots[at + 1];
        lane.Target.Second = slots[at + 2];
        lane.Half.Weight = slots[at + 3];
        lane.Half.First = slots[at + 4];
        lane.Half.Second = slots[at + 5];
        lane.Theta.Weight = slots[at + 6];
        lane.Theta.First = slots[at + 7];
        lane.Theta.Second = slots[at + 8];
        lane.ThetaAlone = slots[at + 9];
        lane.TargetAlone = slots[at + 10];
        lane.ThetaTop = slots[at + 11];
        lane.TargetTop = slots[at + 12];
        lane.Found = (int)slots[at + 13];
        return lane;
    }
}
