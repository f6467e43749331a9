using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="SeveralTargets.Solve"/> writes; the layout of <c>eqp_many_solution</c>. A null output is not
/// computed. k is the number of policies.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ManySolution
{
    /// <summary>sizeof(ManySolution), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows, k] ≥ 0, each row summing to 1: the exponents of the policies.</summary>
    public double* Beta;

    /// <summary>[rows, columns of the first policy], any dtype: q, summing to 1; 0 beyond the valid columns.</summary>
    public Matrix* Q;

    /// <summary>[rows, columns of the first policy], any dtype: log q in nats; −∞ where q = 0.</summary>
    public Matrix* LogQ;

    /// <summary>[rows] log Σ exp(Σ β_i log π_i − λ c), nats.</summary>
    public double* LogZ;

    /// <summary>[rows, k] KL(q‖π_i), nats.</summary>
    public double* Kl;

    /// <summary>[rows] the largest KL less the smallest of a policy with β above 0.</summary>
    public double* Residual;

    /// <summary>[rows] points of the simplex at which the row was measured.</summary>
    public int* Iterations;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
