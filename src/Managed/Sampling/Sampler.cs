using System;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Sampling;

namespace Equipoise;

/// <summary>Tokens drawn from the point of the path that <see cref="Equilibrium"/> finds, which itself is never written.</summary>
public static unsafe class Sampler
{
    /// <summary>Draws from q of every row.</summary>
    /// <param name="theta">[rows, ≥ valid columns] scores of the current policy π_θ, any dtype; read only.</param>
    /// <param name="target">[rows, ≥ valid columns] scores of the target π_t, any dtype and stride of its own; read only.</param>
    /// <param name="solveOptions">Which q; start from <see cref="SolveOptions.Default"/>.</param>
    /// <param name="options">How many tokens, and by which random numbers; start from <see cref="SampleOptions.Default"/>.</param>
    /// <param name="samples">Where to write; null pointers are not wanted.</param>
    /// <remarks>
    /// A draw is a function of the row, the seed, the row's stream and the draw's number alone: not of the batch, the threads or the
    /// strides. Safe to call from any number of threads at once, the outputs being different.
    /// </remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Draw(in Matrix theta, in Matrix target, in SolveOptions solveOptions, in SampleOptions options, in Samples samples)
    {
        SolveChecks.Check(theta, target, solveOptions, default);
        SampleChecks.Check(theta.Rows, options);
        if (theta.Rows == 0)
        {
            return;
        }

        SampleJob job = new() { Solve = SolveJob.Of(theta, target, solveOptions, default), Options = options, Samples = samples };
        job.Masses = MassKernels.Choose(theta.DType, target.DType, solveOptions.Scores);
        SampleBatch.Run(&job);
    }
}
