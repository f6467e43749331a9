using Equipoise.Rows;

namespace Equipoise.Stochastic;

/// <summary>A checked update of all rows.</summary>
internal unsafe struct TrackerJob
{
    /// <summary>Samples in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 14;

    internal TrackedRow* Rows;
    internal AlphaTrackerOptions Options;
    internal long Samples;

    /// <summary>log π_θ, or the log-ratios where <see cref="Mu"/> is null.</summary>
    internal double* Theta;
    internal double* Target;
    internal double* Mu;
    internal byte* Mask;
    internal RowStatus* Status;

    internal void Run(long rows)
    {
        fixed (TrackerJob* job = &this)
        {
            Workers.Run(rows, rows * Samples < SmallestSharedWork ? 1 : Workers.CountFor(0), &Update, job);
        }
    }

    private static void Update(void* argument, long row)
    {
        TrackerJob* job = (TrackerJob*)argument;
        RowStatus status = RowStatus.Skipped;
        if (job->Mask == null || job->Mask[row] != 0)
        {
            TrackedRow* tracked = job->Rows + row;
            long first = row * job->Samples;
            bool isValid = job->Mu == null
                ? RatioMoments.TryOf(job->Theta + first, job->Samples, out RatioMoments moments)
                : RatioMoments.TryOf(job->Theta + first, job->Target + first, job->Mu + first, job->Samples, tracked->Alpha, out moments);
            status = isValid ? RowStatus.Ok : RowStatus.Invalid;
            if (isValid)
            {
                tracked->Update(moments, job->Options);
            }
        }

        Output.Put(job->Status, row, status);
    }
}
