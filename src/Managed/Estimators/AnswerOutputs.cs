using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="AnswerRewards.Compute"/> writes; null = not wanted. The layout of <c>eqp_answer_outputs</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct AnswerOutputs
{
    /// <summary>sizeof(AnswerOutputs), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>[prompts, answers]: how often the answer's id occurs in its prompt; 0 for id −1.</summary>
    public int* Counts;

    /// <summary>[prompts, answers].</summary>
    public double* Rewards;

    /// <summary>[prompts]: answers whose id is not −1.</summary>
    public int* KEff;

    /// <summary>[prompts]: Ok, TooFew or Invalid.</summary>
    public RowStatus* RowStatus;
}
