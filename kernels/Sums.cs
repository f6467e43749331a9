using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>What a sweep left, its pieces added in their order.</summary>
internal struct Sums
{
    /// <summary>log2 of what an evaluation's weights are relative to; −∞ when no token is common.</summary>
    internal double Exponent;

    internal Moments Theta;
    internal Moments Half;

    /// <summary>log of the weights' sum as it stands.</summary>
    internal double LogOfSum;

    /// <summary>Bits of <see cref="Kernels.Found"/>.</summary>
    internal int Found;

    internal readonly bool IsEmpty => !(Exponent > double.NegativeInfinity);

    /// <summary>log Σ w, in nats.</summary>
    internal readonly double LogWeight => (Exponent / Constants.Log2E) + LogOfSum;

    /// <summary>A reading's sums go into the row's state.</summary>
    internal static Sums Gather(in Arguments arguments, ref RowState state, long row)
    {
        int kind = state.LastKind;
        bool isReading = kind <= Sweep.Read;
        Lane total = Lane.Empty;
        for (int piece = 0; piece < arguments.Job.Pieces; piece++)
        {
            Lane lane = Slot(arguments.Slots, ((row * arguments.Job.Pieces) + piece) * PieceSweep.SlotSize);
            double theta = IntrinsicMath.Max(total.ThetaTop, lane.ThetaTop), target = IntrinsicMath.Max(total.TargetTop, lane.TargetTop);
            for (int i = 0; i < 2; i++)
            {
                if (isReading)
                {
                    lane.Raise(theta, target, state.Order.InverseTheta, state.Order.InverseTarget);
                }
                else if (kind == Sweep.Evaluate)
                {
                    lane.RaisePoint(theta);
                }

                (total, lane) = (lane, total);
            }

            total.Add(lane);
        }

        // A reading's two masses, or a point's one, by one logarithm in a loop: its code is long.
        double first = isReading ? total.Theta.Weight + total.ThetaAlone : total.Theta.Weight, second = total.Target.Weight + total.TargetAlone;
        for (int i = 0; i < 2; i++)
        {
            double log = Elementary.Log(first);
            first = second;
            second = log;
        }

        if (isReading)
        {
            Keep(arguments.Job, ref state, total, first, second);
        }

        Sums sums = default;
        sums.Exponent = total.ThetaTop;
        sums.Theta = total.Theta;
        sums.Half = total.Half;
        sums.LogOfSum = first;
        sums.Found = total.Found;
        return sums;
    }

    private static void Keep(DeviceJob job, ref RowState state, Lane total, double theta, double target)
    {
        // With an ε, logarithms are taken as they are: no mass is divided out.
        bool isTaken = job.Epsilon > 0 && IntrinsicMath.Abs(theta) <= double.MaxValue && IntrinsicMath.Abs(target) <= double.MaxValue;
        state.Order.ThetaTop = total.ThetaTop;
        state.Order.TargetTop = total.TargetTop;
        state.Target = total.Target;
        state.Half = total.Half;
        state.Theta = total.Theta;
        state.ThetaLogMass = isTaken ? -total.ThetaTop * state.Order.InverseTheta : theta;
        state.TargetLogMass = isTaken ? -total.TargetTop * state.Order.InverseTarget : target;
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
