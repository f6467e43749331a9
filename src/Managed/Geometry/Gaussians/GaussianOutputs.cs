using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>Turns a solved row of Gaussians into the outputs that were asked for.</summary>
internal static unsafe class GaussianOutputs
{
    internal static void Store(in GaussianJob job, in GaussianRow row, long index, in GaussianResult result)
    {
        GaussianPath path = row.Path;
        double alpha = result.Alpha, mean = result.Mean, logZ = Math.Min(0, path.LogZ(alpha));
        double essTheta = Math.Min(1, Math.Exp(-logZ - path.LogZ(2 - alpha))), essTarget = Math.Min(1, Math.Exp(-logZ - path.LogZ(-alpha)));
        Output.Put(job.Solution.Alpha, index, alpha);
        Output.Put(job.Solution.LogZ, index, logZ);
        Output.Put(job.Solution.KlTheta, index, Math.Max(0, ((1 - alpha) * mean) - logZ));
        Output.Put(job.Solution.KlTarget, index, Math.Max(0, (-alpha * mean) - logZ));
        Output.Put(job.Solution.EssTheta, index, essTheta);
        Output.Put(job.Solution.EssTarget, index, essTarget);
        Output.Put(job.Solution.Residual, index, Math.Abs(mean));
        int size = job.Size, square = job.IsFull ? size * size : size;
        double at = result.Status == RowStatus.Identical ? 1 : alpha;
        if (job.Solution.Mean != null)
        {
            row.WriteMean(at, new Span<double>(job.Solution.Mean + (index * size), size));
        }

        if (job.Solution.Cov != null)
        {
            row.WriteCovariance(at, new Span<double>(job.Solution.Cov + (index * square), square));
        }

        StoreEnd(job, index, result.Status, result.Iterations);
    }

    /// <summary>The same value everywhere: NaN for a row that is invalid, 0 for one that is skipped.</summary>
    internal static void StoreConstants(in GaussianJob job, long index, RowStatus status, double value)
    {
        ref readonly GaussianSolution to = ref job.Solution;
        Output.Put(to.Alpha, index, value);
        Output.Put(to.LogZ, index, value);
        Output.Put(to.KlTheta, index, value);
        Output.Put(to.KlTarget, index, value);
        Output.Put(to.EssTheta, index, value);
        Output.Put(to.EssTarget, index, value);
        Output.Put(to.Residual, index, value);
        Fill(to.Mean, index, job.Size, value);
        Fill(to.Cov, index, job.IsFull ? job.Size * job.Size : job.Size, value);
        StoreEnd(job, index, status, 0);
    }

    private static void StoreEnd(in GaussianJob job, long index, RowStatus status, int iterations)
    {
        Output.Put(job.Solution.Iterations, index, iterations);
        Output.Put(job.Solution.RowStatus, index, status);
    }

    private static void Fill(double* output, long index, int count, double value)
    {
        if (output != null)
        {
            new Span<double>(output + (index * count), count).Fill(value);
        }
    }
}
