using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="AnswerRewards.Compute"/> should do; the layout of <c>eqp_answer_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct AnswerOptions
{
    /// <summary>sizeof(AnswerOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>The type of the ids.</summary>
    public IdType IdType;

    /// <summary>What is taken off.</summary>
    public RewardBaseline Baseline;

    /// <summary>1, or −1 to flip every reward but <see cref="InvalidReward"/>.</summary>
    public int Sign;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>Ids from a prompt to the next; 0 = the number of answers.</summary>
    public long IdStride;

    /// <summary>The reward of an answer of id −1; finite.</summary>
    public double InvalidReward;

    /// <summary>The target term of every answer, nats; finite.</summary>
    public double LogTarget;

    /// <summary>[prompts, answers], or null: a target term for each answer, instead.</summary>
    public double* LogTargets;

    /// <summary>i64 ids, no baseline, no target term, nothing for an invalid answer.</summary>
    public static AnswerOptions Default => new() { StructSize = (nuint)sizeof(AnswerOptions), IdType = IdType.I64, Sign = 1 };
}
