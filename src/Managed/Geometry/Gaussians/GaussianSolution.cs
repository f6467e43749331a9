using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="Gaussians.Solve"/> writes; the layout of <c>eqp_gaussian_solution</c>. A null output is not computed.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct GaussianSolution
{
    /// <summary>sizeof(GaussianSolution), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] in [0, 1].</summary>
    public double* Alpha;

    /// <summary>[rows, n]: the mean of q.</summary>
    public double* Mean;

    /// <summary>[rows, n] or [rows, n · n], as the inputs: the covariance of q.</summary>
    public double* Cov;

    /// <summary>[rows] log Z(α) ≤ 0, nats.</summary>
    public double* LogZ;

    /// <summary>[rows] KL(q‖π_θ), nats.</summary>
    public double* KlTheta;

    /// <summary>[rows] KL(q‖π_t), nats.</summary>
    public double* KlTarget;

    /// <summary>[rows] 1/∫ π_θ²/q, in [0, 1].</summary>
    public double* EssTheta;

    /// <summary>[rows] 1/∫ π_t²/q, in [0, 1].</summary>
    public double* EssTarget;

    /// <summary>[rows] |KL_θ − KL_t| at α.</summary>
    public double* Residual;

    /// <summary>[rows] points of the path at which the row was measured.</summary>
    public int* Iterations;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
