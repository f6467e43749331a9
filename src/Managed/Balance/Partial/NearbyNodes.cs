using System;

namespace Equipoise.Balance;

/// <summary>
/// E_q[ℓ] at a point between nodes from E_q[ℓ] and Var_q[ℓ] at the nearest six alone. The polynomial through all nodes follows the path further, but makes
/// of what f64 cannot tell from 0 in log Z a few dozen times as much in E_q[ℓ]; this one does not.
/// </summary>
internal static class NearbyNodes
{
    /// <summary>How far apart the two may be for rounding to be what parts them.</summary>
    internal const double LargestRounding = 32;

    private const int Count = 6;

    /// <summary>Hermite's polynomial in Newton's form, every node taken twice.</summary>
    internal static double Mean(ReadOnlySpan<MeasuredPoint> nodes, double alpha)
    {
        int above = 0;
        while (above < nodes.Length - 1 && nodes[above].Alpha < alpha)
        {
            above++;
        }

        ReadOnlySpan<MeasuredPoint> nearest = nodes.Slice(Math.Clamp(above - (Count / 2), 0, nodes.Length - Count), Count);
        Span<double> differences = stackalloc double[2 * Count];
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = nearest[i / 2].Mean;
        }

        for (int order = 1; order < differences.Length; order++)
        {
            for (int i = differences.Length - 1; i >= order; i--)
            {
                double width = nearest[i / 2].Alpha - nearest[(i - order) / 2].Alpha;
                differences[i] = width == 0 ? -nearest[i / 2].Variance : (differences[i] - differences[i - 1]) / width;
            }
        }

        double value = 0;
        for (int i = differences.Length - 1; i >= 0; i--)
        {
            value = (value * (alpha - nearest[i / 2].Alpha)) + differences[i];
        }

        return value;
    }
}
