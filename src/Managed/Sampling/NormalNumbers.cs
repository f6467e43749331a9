using System;

namespace Equipoise.Sampling;

/// <summary>Standard normal numbers from uniform ones.</summary>
internal static class NormalNumbers
{
    /// <summary>Two independent ones of a block (Box and Muller).</summary>
    internal static (double First, double Second) Of(PhiloxBlock block)
    {
        double radius = Math.Sqrt(-2 * Math.Log(block.First));
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * block.Second);
        return (radius * cosine, radius * sine);
    }
}
