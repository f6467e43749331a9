using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="Equilibrium.Solve(in Matrix, in Matrix, in SolveOptions, in Solution)"/> writes; the layout of
/// <c>eqp_solution</c>. A null output is not computed.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Solution
{
    /// <summary>sizeof(Solution), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] in [0, 1]; NaN for an invalid or disjoint row.</summary>
    public double* Alpha;

    /// <summary>[rows, columns of theta], any dtype: q, summing to 1; 0 beyond the valid columns.</summary>
    public Matrix* Q;

    /// <summary>[rows, columns of theta], any dtype: log q in nats; −∞ where q = 0.</summary>
    public Matrix* LogQ;

    /// <summary>[rows] log Z(α) ≤ 0, nats.</summary>
    public double* LogZ;

    /// <summary>[rows] KL(q‖π_θ), nats.</summary>
    public double* KlTheta;

    /// <summary>[rows] KL(q‖π_t), nats.</summary>
    public double* KlTarget;

    /// <summary>[rows] 1/Σ π_θ²/q, in [0, 1].</summary>
    public double* EssTheta;

    /// <summary>[rows] 1/Σ π_t²/q, in [0, 1].</summary>
    public double* EssTarget;

    /// <summary>[rows] the size of the criterion's function at α, |KL_θ − KL_t| for <see cref="Criterion.KlSymmetry"/>; 0 for <see cref="Criterion.FixedAlpha"/>.</summary>
    public double* Residual;

    /// <summary>[rows] points of the path at which the row was measured (Newton: 1 for most rows, 0 where the reading sweep predicted it) or halvings (bisection).</summary>
    public int* Iterations;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
