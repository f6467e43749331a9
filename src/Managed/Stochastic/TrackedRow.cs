using System;

namespace Equipoise.Stochastic;

/// <summary>What is carried of one row: α, and moments of its log-ratios ℓ = log π_t − log π_θ under weights.</summary>
internal struct TrackedRow
{
    /// <summary>Numbers of a row.</summary>
    internal const int Count = 8;

    /// <summary>Share of its memory that a row which follows a moving policy keeps from update to update.</summary>
    private const double Memory = 1 - (1.0 / 256);

    internal double Alpha;

    /// <summary>Updates so far.</summary>
    internal double K;

    /// <summary>Samples in memory.</summary>
    private double samples;

    /// <summary>The sum of their weights, in units of e^scale.</summary>
    private double mass;
    private double scale;

    /// <summary>Weighted mean of ℓ, and the sum of its weighted squares about that.</summary>
    private double mean;
    private double squares;

    /// <summary>ℓ² of the first update: stands in for a variance that is not known yet, and fades as 1/k.</summary>
    private double first;

    /// <summary>The estimate of Var_q[ℓ], minus the slope of E_q[ℓ] in α.</summary>
    internal readonly double Variance => K == 0 ? double.NaN : (mass > 0 ? squares / mass : 0) + (first / K);

    /// <summary>Moves α by one batch of n samples.</summary>
    /// <param name="batch">Their weighted moments.</param>
    /// <param name="options">The gain.</param>
    internal void Update(in RatioMoments batch, in AlphaTrackerOptions options)
    {
        if (options.Gain != Gain.Harmonic)
        {
            samples *= Memory;
            mass *= Memory;
            squares *= Memory;
        }

        Merge(batch);
        K++;
        first = K == 1 ? batch.Mean * batch.Mean : first;

        // E_μ[w ℓ] = 0 at the root whatever the scale of w: with the mean weight of all samples, instead of this batch's own, the quotient has no bias
        // that stays.
        double observed = batch.Mean * batch.Mass * Math.Exp(batch.Scale - scale) / batch.Count * (samples / mass);
        double variance = Variance;
        double gain = options.Gain switch
        {
            Gain.Constant => options.Constant,
            Gain.Sqrt => 1 / (Math.Sqrt(K) * variance),
            _ => 1 / (K * variance),
        };
        double step = gain * observed;
        Alpha = double.IsNaN(step) ? Alpha : Math.Clamp(Alpha + step, 0, 1);
    }

    /// <summary>Adds a batch to the moments (Chan, Golub and LeVeque).</summary>
    private void Merge(in RatioMoments batch)
    {
        double top = K == 0 ? batch.Scale : Math.Max(scale, batch.Scale), fade = K == 0 ? 0 : Math.Exp(scale - top);
        mass *= fade;
        squares *= fade;
        scale = top;
        double raise = Math.Exp(batch.Scale - top), added = batch.Mass * raise, apart = batch.Mean - mean, total = mass + added;
        squares += (batch.Squares * raise) + (apart * apart * mass * added / total);
        mean += apart * added / total;
        mass = total;
        samples += batch.Count;
    }
}
