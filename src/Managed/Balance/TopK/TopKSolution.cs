using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="TopK.Solve"/> writes; the layout of <c>eqp_topk_solution</c>. A null output is not wanted.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TopKSolution
{
    /// <summary>sizeof(TopKSolution), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] in [0, 1]; NaN for an invalid or disjoint row.</summary>
    public double* Alpha;

    /// <summary>[rows, K], any dtype: q of the listed tokens; 0 in empty slots.</summary>
    public Matrix* Q;

    /// <summary>[rows] q of all other tokens together; 0 with <see cref="TopKTail.Renormalize"/>.</summary>
    public double* QTail;

    /// <summary>[rows] q(y) / π_θ(y) of every other token; 0 where there is none.</summary>
    public double* TailRatio;

    /// <summary>[rows] log Z(α) ≤ 0, nats.</summary>
    public double* LogZ;

    /// <summary>[rows] KL(q‖π_θ) ≥ 0, nats.</summary>
    public double* KlTheta;

    /// <summary>[rows] KL(q‖π_t) ≥ 0 as far as the teacher is known, nats.</summary>
    public double* KlTarget;

    /// <summary>[rows] |KL_θ − KL_t| at α.</summary>
    public double* Residual;

    /// <summary>[rows, columns of theta], any dtype: π_θ − q, the gradient of KL(q‖π_θ) in theta's tempered logits while q stands still.</summary>
    public Matrix* Gradient;

    /// <summary>[rows] points of the path at which the row was measured.</summary>
    public int* Iterations;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
