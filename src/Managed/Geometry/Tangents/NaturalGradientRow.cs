using System;

namespace Equipoise.Geometry;

/// <summary>
/// (diag(p) + λ − p pᵀ) x = g. With D = diag(p) + λ, Sherman and Morrison give x = D⁻¹ (g + p N/M), N = pᵀD⁻¹g, M = 1 − pᵀD⁻¹p. Both cancel
/// for small λ; as Σ g − λ Σ g/(p + λ) and λ Σ p/(p + λ) they do not, and λ drops out of their ratio but for Σ g/λ.
/// </summary>
internal static unsafe class NaturalGradientRow
{
    internal static void Write(TangentRow* row, in TangentJob job, long index, in MassSums sums)
    {
        double damping = job.DampingOf(index);
        row->Parameter = damping;
        DampedSums damped = TangentPass<DampedBlock, DampedSums>.Run(row);
        row->Second = damping == 0
            ? -damped.Gradient / damped.Tokens
            : (((sums.Total + sums.Rest) / damping) - damped.Gradient) / damped.Mass;
        TangentPass<SolutionBlock, NoSums>.Run(row);
    }

    /// <summary>But for the rounding of its entries to their dtype.</summary>
    internal static bool SumsToZero(in MassSums sums, DType type) =>
        Math.Abs(sums.Total + sums.Rest) <= sums.Size * type switch { DType.F64 => 1e-12, DType.F32 => 1e-6, DType.F16 => 4e-3, _ => 3e-2 };
}
