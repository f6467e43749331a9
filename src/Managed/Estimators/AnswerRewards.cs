using System;
using Equipoise.Estimators;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>Rewards of sampled answers from how often each occurs among the answers to its prompt.</summary>
public static unsafe class AnswerRewards
{
    /// <summary>reward = target term − h[count], per answer of every prompt, less its baseline.</summary>
    /// <param name="table">The estimate of log ν(answer), for at least <paramref name="answers"/> answers.</param>
    /// <param name="ids">[prompts, answers] of the type that the options say; equal ids are equal answers, −1 is none at all.</param>
    /// <param name="prompts">Number of prompts, ≥ 0.</param>
    /// <param name="answers">Answers to each, ≥ 1.</param>
    /// <param name="options">Start from <see cref="AnswerOptions.Default"/>.</param>
    /// <param name="outputs">What to write, and where.</param>
    /// <remarks>Safe to call from any number of threads at once, the outputs being different.</remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Compute(RewardTable table, void* ids, long prompts, long answers, in AnswerOptions options, in AnswerOutputs outputs)
    {
        ArgumentNullException.ThrowIfNull(table);
        MatrixChecks.Require(prompts >= 0, "prompts", $"prompts is {prompts}, must be at least 0");
        MatrixChecks.Require(answers >= 1, "answers", $"answers is {answers}, must be at least 1");
        MatrixChecks.Require(answers <= table.K, "answers", $"answers is {answers}, the table is for at most {table.K}");
        CheckOptions(options, answers);
        if (prompts == 0)
        {
            return;
        }

        MatrixChecks.Require(ids != null, "ids", "ids is null");
        int size = options.IdType == IdType.I32 ? sizeof(int) : sizeof(long);
        MatrixChecks.Require((nuint)ids % (nuint)size == 0, "ids", $"ids is not aligned to its type ({size} bytes)");
        AnswerJob job = new() { Tables = table.Rows, Ids = ids, Prompts = prompts, Answers = (int)answers, Options = options, Outputs = outputs };
        AnswerBatch.Run(&job);
        GC.KeepAlive(table);
    }

    private static void CheckOptions(in AnswerOptions options, long answers)
    {
        MatrixChecks.Require((uint)options.IdType <= (uint)IdType.I64, "id_type", $"id_type {(int)options.IdType} is not an eqp_id_type");
        bool isBaseline = (uint)options.Baseline <= (uint)RewardBaseline.Excluded;
        MatrixChecks.Require(isBaseline, "baseline", $"baseline {(int)options.Baseline} is not an eqp_reward_baseline");
        MatrixChecks.Require(options.Sign is 1 or -1, "sign", $"sign is {options.Sign}, must be 1 or -1");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        bool isStride = options.IdStride == 0 || options.IdStride >= answers;
        MatrixChecks.Require(isStride, "id_stride", $"id_stride is {options.IdStride}, must be 0 or at least the {answers} answers");
        bool isFinite = double.IsFinite(options.InvalidReward);
        MatrixChecks.Require(isFinite, "invalid_reward", $"invalid_reward is {options.InvalidReward}, must be finite");
        MatrixChecks.Require(double.IsFinite(options.LogTarget), "log_target", $"log_target is {options.LogTarget}, must be finite");
    }
}
