using System;

namespace Equipoise.Geometry;

/// <summary>The logarithm near 1.</summary>
internal static class Logarithm
{
    /// <summary>log(1 + x) without the rounding of 1 + x (Kahan); the runtime's own LogP1 adds first.</summary>
    internal static double Plus1(double x)
    {
        double sum = 1 + x;
        return sum == 1 || double.IsInfinity(sum) ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
