using System;
using System.Threading;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of Gaussians.</summary>
internal unsafe struct GaussianJob
{
    internal Matrix MeanTheta;
    internal Matrix CovTheta;
    internal Matrix MeanTarget;
    internal Matrix CovTarget;
    internal SolveGaussianOptions Options;
    internal GaussianSolution Solution;

    /// <summary>Dimensions of an action.</summary>
    internal int Size;

    /// <summary>Covariances of n · n numbers rather than variances.</summary>
    internal bool IsFull;

    /// <summary>The first row with a covariance that is none.</summary>
    internal long FirstFault;

    internal readonly bool IsSkipped(long row) => Options.RowMask != null && Options.RowMask[row] == 0;
}

/// <summary>The rows of a batch of Gaussians over the workers.</summary>
internal static unsafe class GaussianBatch
{
    /// <summary>Operations below which waking a worker costs more than it saves.</summary>
    private const double SmallestSharedWork = 1 << 14;

    /// <summary>Throws for the first row with a covariance that is not positive definite or not symmetric, and names it.</summary>
    internal static void RequirePositiveDefinite(GaussianJob* job)
    {
        job->FirstFault = long.MaxValue;
        ForEachRow(job, &FindFault);
        if (job->FirstFault == long.MaxValue)
        {
            return;
        }

        long row = job->FirstFault;
        GaussianRow state = new(job);
        string name = state.Fault(job->CovTheta, row) == null ? "cov_target" : "cov_theta";
        string? fault = state.Fault(job->CovTheta, row) ?? state.Fault(job->CovTarget, row);
        MatrixChecks.Require(false, name, $"{name} {fault} in row {row}");
    }

    internal static void Solve(GaussianJob* job) => ForEachRow(job, &SolveRow);

    private static void ForEachRow(GaussianJob* job, delegate*<void*, long, void> body)
    {
        double work = job->MeanTheta.Rows * Math.Pow(job->Size, job->IsFull ? 3 : 1);
        Workers.Run(job->MeanTheta.Rows, work < SmallestSharedWork ? 1 : Workers.CountFor(job->Options.Threads), body, job);
    }

    private static void FindFault(void* argument, long row)
    {
        GaussianJob* job = (GaussianJob*)argument;
        if (job->IsSkipped(row) || row >= Volatile.Read(ref job->FirstFault))
        {
            return;
        }

        GaussianRow state = new(job);
        if (state.Fault(job->CovTheta, row) == null && state.Fault(job->CovTarget, row) == null)
        {
            return;
        }

        long known = Volatile.Read(ref job->FirstFault);
        while (row < known)
        {
            known = Interlocked.CompareExchange(ref job->FirstFault, row, known) is long met && met == known ? row : Volatile.Read(ref job->FirstFault);
        }
    }

    private static void SolveRow(void* argument, long row)
    {
        GaussianJob* job = (GaussianJob*)argument;
        if (job->IsSkipped(row))
        {
            GaussianOutputs.StoreConstants(*job, row, RowStatus.Skipped, 0);
            return;
        }

        GaussianRow state = new(job);
        GaussianResult result = state.TryRead(row) ? GaussianNewton.Solve(state.Path, job->Options) : new GaussianResult { Status = RowStatus.Invalid };
        if (result.Status == RowStatus.Invalid)
        {
            GaussianOutputs.StoreConstants(*job, row, RowStatus.Invalid, double.NaN);
            return;
        }

        GaussianOutputs.Store(*job, state, row, result);
    }
}
