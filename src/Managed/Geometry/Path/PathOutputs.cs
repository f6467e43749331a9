using System.Runtime.InteropServices;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>Where <see cref="PathStatistics.Compute"/> writes, for n values of α; the layout of <c>eqp_path_outputs</c>. A null output is
/// not computed.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct PathOutputs
{
    /// <summary>sizeof(PathOutputs), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows, n] log Z(α) ≤ 0, nats.</summary>
    public double* LogZ;

    /// <summary>[rows, n] KL(q‖π_θ), nats.</summary>
    public double* KlTheta;

    /// <summary>[rows, n] KL(q‖π_t), nats.</summary>
    public double* KlTarget;

    /// <summary>[rows, n] 1/Σ π_θ²/q, in [0, 1].</summary>
    public double* EssTheta;

    /// <summary>[rows, n] 1/Σ π_t²/q, in [0, 1].</summary>
    public double* EssTarget;

    /// <summary>[rows, n] −Σ q log q ≥ 0, nats.</summary>
    public double* Entropy;

    /// <summary>[rows, n] Var_q[log π_t − log π_θ] = (log Z)'', nats².</summary>
    public double* Variance;

    /// <summary>[rows · n, columns of theta], any dtype: row i · n + j is q of row i at its α number j.</summary>
    public Matrix* Q;

    /// <summary>[rows · n, columns of theta], any dtype: log q in nats; −∞ where q = 0.</summary>
    public Matrix* LogQ;

    /// <summary>[rows, n] what became of the row: Ok, Disjoint, Invalid or Skipped.</summary>
    public RowStatus* RowStatus;
}
