using System;
using Equipoise.Rows;
using Equipoise.Stochastic;

namespace Equipoise;

/// <summary>Arithmetic means and variances of streams, one value at a time: w ← w − (w − x)/k, with Welford's sum of squares.</summary>
/// <remarks>One thread at a time.</remarks>
public sealed unsafe class RunningMean : IDisposable
{
    private const double Mark = 1;

    private readonly StateMemory state;

    /// <summary>Starts with no value.</summary>
    /// <param name="size">How many streams, side by side.</param>
    public RunningMean(long size)
    {
        Checks.Problems(size, "size");
        Size = size;
        state = new StateMemory(Mark, size, 1 + (2 * size));
    }

    /// <summary>How many streams.</summary>
    public long Size { get; }

    /// <summary>Values of each stream so far.</summary>
    public long Count => (long)*state.Numbers;

    /// <summary>Numbers of a saved state.</summary>
    public long StateSize => state.SavedCount;

    private double* Means => state.Numbers + 1;

    private double* Squares => Means + Size;

    /// <summary>Takes values.</summary>
    /// <param name="x">[samples, size], all finite.</param>
    /// <param name="samples">How many values of each stream.</param>
    public void Update(double* x, long samples)
    {
        Checks.Require(samples >= 0, "samples", $"samples is {samples}, must be at least 0");
        if (samples == 0)
        {
            return;
        }

        Checks.AllFinite(x, checked(samples * Size), "x");
        for (long i = 0; i < samples; i++, x += Size)
        {
            double count = ++*state.Numbers;
            for (long j = 0; j < Size; j++)
            {
                double apart = x[j] - Means[j];
                Means[j] += apart / count;
                Squares[j] += apart * (x[j] - Means[j]);
            }
        }
    }

    /// <summary>Means, and variances of n − 1; NaN where there are too few values.</summary>
    /// <param name="means">[size] out, or null.</param>
    /// <param name="variances">[size] out, or null.</param>
    public void Read(double* means, double* variances)
    {
        double count = *state.Numbers;
        for (long j = 0; j < Size; j++)
        {
            Output.Put(means, j, count > 0 ? Means[j] : double.NaN);

            if (variances != null)
            {
                variances[j] = count > 1 ? Squares[j] / (count - 1) : double.NaN;
            }
        }
    }

    /// <summary>Copies the state to [<see cref="StateSize"/>].</summary>
    public void Save(double* to) => state.Save(to);

    /// <summary>Goes on from a saved state.</summary>
    public void Restore(double* from, long count) => state.Restore(from, count);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();
}
