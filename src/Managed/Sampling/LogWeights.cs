using System;

namespace Equipoise.Sampling;

/// <summary>A mode with its band, in logarithms too.</summary>
internal readonly struct WeightBand(in WeightOptions options)
{
    internal readonly WeightMode Mode = options.Mode;
    internal readonly double Low = options.ClipLow;
    internal readonly double High = options.ClipHigh;
    internal readonly double LogLow = Math.Log(options.ClipLow);
    internal readonly double LogHigh = Math.Log(options.ClipHigh);
}

/// <summary>What is done to the logarithms of one group's weights, and what they say together.</summary>
internal static unsafe class LogWeights
{
    /// <summary>Bytes that <see cref="Apply"/> needs to work in.</summary>
    internal static nint ScratchBytes(long count) => ParetoTail.ScratchBytes(count);

    /// <summary>Changes the logarithms by the mode.</summary>
    /// <param name="logs">[count], none of them NaN or +∞.</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="band">The mode.</param>
    /// <param name="wantsShape">Whether k̂ is wanted though the mode does not need it.</param>
    /// <param name="scratch">16-byte aligned.</param>
    internal static double Apply(double* logs, int count, in WeightBand band, bool wantsShape, void* scratch)
    {
        bool smooths = band.Mode == WeightMode.Psis;
        double shape = smooths || wantsShape ? ParetoTail.Fit(logs, count, smooths, scratch) : 0;
        double total = band.Mode == WeightMode.SelfNormalized ? LogSum(logs, count) : 0;
        for (int i = 0; i < count; i++)
        {
            logs[i] = band.Mode switch
            {
                WeightMode.Truncated => Math.Min(logs[i], band.LogHigh),
                WeightMode.Clipped => Math.Clamp(logs[i], band.LogLow, band.LogHigh),
                WeightMode.Masked => logs[i] >= band.LogLow && logs[i] <= band.LogHigh ? logs[i] : double.NegativeInfinity,
                WeightMode.SelfNormalized => double.IsNegativeInfinity(total) ? logs[i] : logs[i] - total,
                _ => logs[i],
            };
        }

        return shape;
    }

    /// <summary>e^log; a weight that was moved to an end of the band is that end, to the last bit.</summary>
    internal static double Linear(double log, in WeightBand band)
    {
        bool moves = band.Mode is WeightMode.Truncated or WeightMode.Clipped;
        return moves && log == band.LogHigh ? band.High : band.Mode == WeightMode.Clipped && log == band.LogLow ? band.Low : Math.Exp(log);
    }

    /// <summary>(Σw)²/(n Σw²) in (0, 1]; 0 without any weight.</summary>
    internal static double EffectiveSampleSize(double* logs, int count)
    {
        double largest = Largest(logs, count), sum = 0, squares = 0;
        if (double.IsNegativeInfinity(largest))
        {
            return 0;
        }

        for (int i = 0; i < count; i++)
        {
            double weight = Math.Exp(logs[i] - largest);
            sum += weight;
            squares += weight * weight;
        }

        return Math.Min(1, sum * sum / (count * squares));
    }

    internal static double Largest(double* logs, int count)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            largest = Math.Max(largest, logs[i]);
        }

        return largest;
    }

    private static double LogSum(double* logs, int count)
    {
        double largest = Largest(logs, count), sum = 0;
        for (int i = 0; i < count && !double.IsNegativeInfinity(largest); i++)
        {
            sum += Math.Exp(logs[i] - largest);
        }

        return sum == 0 ? largest : largest + Math.Log(sum);
    }
}
