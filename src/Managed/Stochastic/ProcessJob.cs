using System;
using Equipoise.Rows;
using Equipoise.Sampling;

namespace Equipoise.Stochastic;

/// <summary>Checked paths of a process.</summary>
internal unsafe struct ProcessJob
{
    /// <summary>Steps in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 14;

    internal DvoretzkyOptions Dvoretzky;
    internal SgdOptions Sgd;
    internal bool IsSgd;
    internal ulong Seed;
    internal ulong Stream;
    internal double* Values;

    private long paths;
    private long steps;
    private long every;

    internal void Run(long count, long length, long kept, int threads)
    {
        Checks.Require(count >= 0, "paths", $"paths is {count}, must be at least 0");
        Checks.Require(length >= 1, "steps", $"steps is {length}, must be at least 1");
        bool isKept = kept == 0 || (kept > 0 && length % kept == 0);
        Checks.Require(isKept, "every", $"every is {kept}, must divide the {length} steps");
        Checks.Require(threads >= 0, "threads", $"threads is {threads}, must be at least 0");
        Checks.Require(Values != null || count == 0, "values", "values is null");
        (paths, steps, every) = (count, length, kept == 0 ? length : kept);
        fixed (ProcessJob* job = &this)
        {
            Workers.Run(count, count * length < SmallestSharedWork ? 1 : Workers.CountFor(threads), &Walk, job);
        }
    }

    private static void Walk(void* argument, long path)
    {
        ProcessJob* job = (ProcessJob*)argument;
        ulong stream = unchecked(job->Stream + (ulong)path);
        double value = job->IsSgd ? job->Sgd.Initial : job->Dvoretzky.Initial;
        double second = 0;
        for (long step = 0; step < job->steps; step++)
        {
            double noise = second;
            if (step % 2 == 0)
            {
                (noise, second) = NormalNumbers.Of(Philox.At(job->Seed, stream, (ulong)step / 2));
            }

            value = job->IsSgd ? job->Descend(value, step + 1, noise) : job->Contract(value, step + 1, noise);
            if ((step + 1) % job->every == 0)
            {
                job->Values[(((step + 1) / job->every) - 1) * job->paths + path] = value;
            }
        }
    }

    private readonly double Contract(double value, double k, double noise)
    {
        double shrink = new StepRule(Dvoretzky.AlphaC, 0, Dvoretzky.AlphaGamma).At(k), spread = new StepRule(Dvoretzky.BetaC, 0, Dvoretzky.BetaGamma).At(k);
        return ((1 - shrink) * value) + (spread * noise);
    }

    private readonly double Descend(double value, double k, double noise)
    {
        double apart = value - Sgd.Center - (Sgd.Noise * noise);
        double gradient = Sgd.Objective == SgdObjective.Quadratic ? apart : Math.Tanh(apart);
        return value - (new StepRule(Sgd.C, Sgd.K0, Sgd.Gamma).At(k) * gradient);
    }
}
