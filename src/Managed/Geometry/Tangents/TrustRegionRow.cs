using System;

namespace Equipoise.Geometry;

/// <summary>
/// The largest step s with KL(p‖p_s) ≤ δ, p_s ∝ p exp(s v). √KL is nearly linear in s, so Newton's method on it from the quadratic step needs two or
/// three sweeps; what leaves the bracket is bisected.
/// </summary>
internal static unsafe class TrustRegionRow
{
    private const int MostSweeps = 200;

    /// <summary>Sweeps without an upper end after which it is asked whether there is one.</summary>
    private const int PatientSweeps = 3;

    /// <summary>How near KL comes to δ, relatively.</summary>
    private const double Precision = 1e-14;

    /// <param name="row">Centred, and its distribution normalised.</param>
    /// <param name="moments">About the centre.</param>
    /// <param name="scale">Largest |v|.</param>
    /// <param name="delta">The KL allowed.</param>
    /// <param name="kl">KL at the step, ≤ δ.</param>
    /// <param name="quadratic">√(2δ/Var).</param>
    /// <returns>+∞ where no step reaches δ.</returns>
    internal static double Solve(TangentRow* row, in CentredSums moments, double scale, double delta, out double kl, out double quadratic)
    {
        kl = 0;
        quadratic = 0;
        if (delta == 0)
        {
            return 0;
        }

        if (IsFlat(moments, scale))
        {
            quadratic = double.PositiveInfinity;
            return double.PositiveInfinity;
        }

        quadratic = Math.Sqrt(2 * delta / moments.Variance);
        double low = 0, high = double.PositiveInfinity, step = quadratic;
        for (int sweep = 1; sweep <= MostSweeps; sweep++)
        {
            row->Parameter = step;
            TiltedSums sums = TangentPass<TiltedBlock, TiltedSums>.Run(row);
            double found = sums.Kl(step);
            if (found <= delta)
            {
                low = step;
                kl = found;
            }
            else
            {
                high = step;
            }

            if (Math.Abs(found - delta) <= Precision * delta && found <= delta)
            {
                return low;
            }

            if (sweep == PatientSweeps && double.IsInfinity(high) && IsOutOfReach(row, moments.Largest, delta, out double ceiling))
            {
                kl = ceiling;
                return double.PositiveInfinity;
            }

            double next = Next(sums, step, found, delta, low, high);
            if (next == low || next == high)
            {
                return low;
            }

            step = next;
        }

        return low;
    }

    /// <summary>All entries are the same but for rounding: the step changes nothing.</summary>
    private static bool IsFlat(in CentredSums moments, double scale) => moments.Largest - moments.Smallest <= 4e-16 * scale;

    /// <summary>KL tends to −log p(largest entries), from below.</summary>
    private static bool IsOutOfReach(TangentRow* row, double largest, double delta, out double ceiling)
    {
        row->Parameter = largest;
        ceiling = -Math.Log(TangentPass<PeakBlock, PeakSums>.Run(row).Mass);
        return delta >= ceiling;
    }

    private static double Next(in TiltedSums sums, double step, double found, double delta, double low, double high)
    {
        double root = Math.Sqrt(found), newton = step - ((root - Math.Sqrt(delta)) * 2 * root / sums.Slope);
        if (newton > low && newton < high && newton < 4 * step)
        {
            // A step that rounding has left just above the bound goes to just below it.
            return newton < step && newton > step * (1 - Precision) ? Math.BitDecrement(step * (1 - Precision)) : newton;
        }

        return double.IsInfinity(high) ? 2 * step : low + ((high - low) / 2);
    }
}
