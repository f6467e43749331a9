namespace Equipoise.Balance;

internal static class Constants
{
    internal const double Log2E = 1.4426950408889634;

    /// <summary>A power of two at which every weight is 0.</summary>
    internal const double LowestExponent = -1e5;

    /// <summary>The careful f64 sweeps cut d off here: beyond it no weight is left to tell the difference, and d² would overflow.</summary>
    internal const double LargestLogRatio = 1e150;
}
