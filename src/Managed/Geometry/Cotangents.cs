using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What a loss is to the answers of a solve; the layout of <c>eqp_cotangents</c>. Null = 0.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Cotangents
{
    /// <summary>sizeof(Cotangents), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[rows] ∂loss/∂α; no share for <see cref="Criterion.FixedAlpha"/>.</summary>
    public double* Alpha;

    /// <summary>[rows, ≥ valid columns] ∂loss/∂log q; not read where q = 0.</summary>
    public Matrix* LogQ;

    /// <summary>[rows] ∂loss/∂(−log Z), which is KL(q‖π_θ) = KL(q‖π_t) at KL symmetry.</summary>
    public double* Kl;

    /// <summary>[rows] ∂loss/∂KL(q‖π_θ) with q held constant: a gradient p − q in the policy's scores alone.</summary>
    public double* KlHeld;
}
