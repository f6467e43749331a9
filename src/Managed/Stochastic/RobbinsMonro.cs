using System;
using Equipoise.Stochastic;

namespace Equipoise;

/// <summary>
/// Roots of functions that only noisy values are known of: w ← w − a_k g̃(w) (Robbins and Monro, 1951), for independent problems side by side, with
/// the averages of the points (Polyak and Ruppert).
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed unsafe class RobbinsMonro : IDisposable
{
    private const double Mark = 2;

    private readonly StateMemory state;
    private readonly RobbinsMonroOptions options;
    private readonly StepRule rule;

    /// <summary>Starts at given points.</summary>
    /// <param name="size">How many problems.</param>
    /// <param name="w">[size], all finite; moved into the interval.</param>
    /// <param name="options">Start from <see cref="RobbinsMonroOptions.Default"/>.</param>
    public RobbinsMonro(long size, double* w, in RobbinsMonroOptions options)
    {
        Checks.Problems(size, "size");
        rule = new(options.C, options.K0, options.Gamma);
        rule.Check();
        if (options.Tracking == 0)
        {
            rule.CheckConvergence();
        }

        Checks.Require(options.Low <= options.High, "low", $"low is {options.Low}, must be at most high = {options.High}");
        Checks.Require(options.StepClip > 0, "step_clip", $"step_clip is {options.StepClip}, must be above 0");
        Checks.AllFinite(w, size, "w");
        this.options = options;
        Size = size;
        state = new StateMemory(Mark, size, 1 + (2 * size));
        for (long j = 0; j < size; j++)
        {
            Points[j] = Averages[j] = Math.Clamp(w[j], options.Low, options.High);
        }
    }

    /// <summary>How many problems.</summary>
    public long Size { get; }

    /// <summary>Steps so far.</summary>
    public long K => (long)*state.Numbers;

    /// <summary>Numbers of a saved state.</summary>
    public long StateSize => state.SavedCount;

    private double* Points => state.Numbers + 1;

    private double* Averages => Points + Size;

    /// <summary>One step of every problem.</summary>
    /// <param name="g">[size]: noisy values of the functions at the points; all finite, or nothing changes.</param>
    public void Step(double* g)
    {
        Checks.AllFinite(g, Size, "g");
        double k = ++*state.Numbers, gain = rule.At(k);
        for (long j = 0; j < Size; j++)
        {
            double step = Math.Clamp(gain * g[j], -options.StepClip, options.StepClip);
            Points[j] = Math.Clamp(Points[j] - step, options.Low, options.High);
            Averages[j] += (Points[j] - Averages[j]) / k;
        }
    }

    /// <summary>The points, and the averages of all points that steps led to (the first point itself before any).</summary>
    /// <param name="w">[size] out, or null.</param>
    /// <param name="average">[size] out, or null.</param>
    public void Read(double* w, double* average)
    {
        if (w != null)
        {
            new Span<double>(Points, (int)Size).CopyTo(new(w, (int)Size));
        }

        if (average != null)
        {
            new Span<double>(Averages, (int)Size).CopyTo(new(average, (int)Size));
        }
    }

    /// <summary>Copies the state to [<see cref="StateSize"/>].</summary>
    public void Save(double* to) => state.Save(to);

    /// <summary>Goes on from a saved state, with the options that this one was made with.</summary>
    public void Restore(double* from, long count) => state.Restore(from, count);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();
}
