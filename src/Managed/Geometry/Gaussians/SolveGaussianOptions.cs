using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="Gaussians.Solve"/> should do; the layout of <c>eqp_solve_gaussian_options</c>. Start from
/// <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SolveGaussianOptions
{
    /// <summary>sizeof(SolveGaussianOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>Points of the path that a row may be measured at, ≥ 1.</summary>
    public int MaxIterations;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>Bounds the error of α, and |KL_θ − KL_t| relative to max(1, KL); &gt; 0.</summary>
    public double Tolerance;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>Tolerance 1e-6, at most 50 points, all cores.</summary>
    public static SolveGaussianOptions Default => new()
    {
        StructSize = (nuint)sizeof(SolveGaussianOptions),
        MaxIterations = 50,
        Tolerance = 1e-6,
    };
}
