using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="PartialStatistics.Solve"/> writes; the layout of <c>eqp_partial_solution</c>. A null output is not wanted.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct PartialSolution
{
    /// <summary>sizeof(PartialSolution), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] in [0, 1]; NaN for an invalid or disjoint row.</summary>
    public double* Alpha;

    /// <summary>[rows] log Z(α) ≤ 0, nats.</summary>
    public double* LogZ;

    /// <summary>[rows] log Σ exp(a / T_θ) over all columns, nats.</summary>
    public double* ThetaLse;

    /// <summary>[rows] log Σ exp(b / T_t) over all columns, nats.</summary>
    public double* TargetLse;

    /// <summary>[rows] how far |KL_θ − KL_t| at α can be from 0, nats.</summary>
    public double* Residual;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
