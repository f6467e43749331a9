using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="EquilibriumLoss.Forward"/> writes; the layout of <c>eqp_loss_outputs</c>. A null output is not computed.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct LossOutputs
{
    /// <summary>sizeof(LossOutputs), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] KL(q‖π_θ), nats; NaN for an invalid row, +∞ for a disjoint one, 0 for a skipped one.</summary>
    public double* Loss;

    /// <summary>[rows] in [0, 1].</summary>
    public double* Alpha;

    /// <summary>[rows] 1/Σ π_θ²/q, in [0, 1].</summary>
    public double* EssTheta;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;

    /// <summary>[rows] for <see cref="EquilibriumLoss.Backward"/>.</summary>
    public LossRecord* Records;
}

/// <summary>A row's point of the path, so that its gradient takes one sweep; the layout of <c>eqp_loss_record</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct LossRecord
{
    /// <summary>In [0, 1]; NaN for an invalid or disjoint row.</summary>
    public double Alpha;

    /// <summary>log Z(α), nats.</summary>
    public double LogZ;

    /// <summary>log Σ exp of the policy's scores over its temperature, nats.</summary>
    public double ThetaLogSumExp;

    /// <summary>The same of the target.</summary>
    public double TargetLogSumExp;

    internal static LossRecord Of(double value) => new() { Alpha = value, LogZ = value, ThetaLogSumExp = value, TargetLogSumExp = value };
}
