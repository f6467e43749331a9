using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="ImportanceWeights.Compute"/> writes; null = not wanted. The layout of <c>eqp_weight_outputs</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct WeightOutputs
{
    /// <summary>sizeof(WeightOutputs), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows, columns] of tokens or [rows, 1] of sequences, any dtype.</summary>
    public Matrix* Weights;

    /// <summary>Their logarithms, in the same shape.</summary>
    public Matrix* LogWeights;

    /// <summary>[groups]: (Σw)²/(n Σw²) of the weights.</summary>
    public double* Ess;

    /// <summary>[groups].</summary>
    public double* MaxWeight;

    /// <summary>[groups]: the shape of the generalised Pareto distribution fitted to the largest raw weights; +∞ where there are too few.</summary>
    public double* KHat;

    /// <summary>[rows]: Ok, Invalid or Skipped.</summary>
    public RowStatus* RowStatus;
}
