using System;
using System.Numerics;
using Equipoise.Rows;

namespace Equipoise.Estimators;

/// <summary>A checked batch of answers.</summary>
internal unsafe struct AnswerJob
{
    internal RewardRows Tables;
    internal void* Ids;
    internal long Prompts;
    internal int Answers;
    internal AnswerOptions Options;
    internal AnswerOutputs Outputs;
}

/// <summary>Answers of a batch, some prompts at a time over the workers.</summary>
internal static unsafe class AnswerBatch
{
    private const int PromptsAtATime = 64;

    /// <summary>Answers in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 15;

    internal static void Run(AnswerJob* job)
    {
        long parts = (job->Prompts + PromptsAtATime - 1) / PromptsAtATime;
        int threads = job->Prompts * job->Answers < SmallestSharedWork ? 1 : Workers.CountFor(job->Options.Threads);
        Workers.Run(parts, threads, job->Options.IdType == IdType.I32 ? &Compute<int> : &Compute<long>, job);
    }

    private static void Compute<T>(void* argument, long part)
        where T : unmanaged, IBinaryInteger<T>, ISignedNumber<T>
    {
        AnswerJob* job = (AnswerJob*)argument;
        int answers = job->Answers;
        nint counting = (AnswerCounting<T>.ScratchBytes(answers) + 7) & ~7;
        byte* scratch = (byte*)Workspace.Rent(counting + (answers * sizeof(double)) + (((2 * answers) + 1) * sizeof(int)));
        double* rewards = (double*)(scratch + counting);
        int* counts = (int*)(rewards + answers), histogram = counts + answers;
        long stride = job->Options.IdStride == 0 ? answers : job->Options.IdStride;
        long last = Math.Min(job->Prompts, (part + 1) * PromptsAtATime);
        for (long prompt = part * PromptsAtATime; prompt < last; prompt++)
        {
            T* ids = (T*)job->Ids + (prompt * stride);
            int valid = AnswerCounting<T>.Count(ids, answers, counts, scratch);
            RowStatus status = new Prompt(*job, prompt, counts, valid, histogram).Reward(job->Tables, rewards);
            Write(job->Outputs, prompt, answers, status, valid, counts, rewards);
        }
    }

    private static void Write(in AnswerOutputs outputs, long prompt, int answers, RowStatus status, int valid, int* counts, double* rewards)
    {
        if (outputs.Counts != null)
        {
            new ReadOnlySpan<int>(counts, answers).CopyTo(new(outputs.Counts + (prompt * answers), answers));
        }

        if (outputs.Rewards != null)
        {
            new ReadOnlySpan<double>(rewards, answers).CopyTo(new(outputs.Rewards + (prompt * answers), answers));
        }

        if (outputs.KEff != null)
        {
            outputs.KEff[prompt] = Math.Max(0, valid);
        }

        Output.Put(outputs.RowStatus, prompt, status);
    }
}
