using System;
using System.Linq;

namespace Equipoise.Tests.Estimators;

/// <summary>Calls of <see cref="AnswerRewards"/> on arrays.</summary>
internal static unsafe class Rewards
{
    internal sealed record Answer(int[] Counts, double[] Values, int[] KEff, RowStatus[] Status);

    internal static RewardTableOptions Options(RewardKind kind, int m = 1, int s = 2, double rho = 0.5, bool allowUnstable = false)
    {
        RewardTableOptions options = RewardTableOptions.Default;
        (options.Kind, options.M, options.S, options.Rho, options.AllowUnstable) = (kind, m, s, rho, allowUnstable ? 1 : 0);
        return options;
    }

    internal static double[] Table(int k, RewardTableOptions options)
    {
        using RewardTable table = new(k, options);
        return table.Values.ToArray();
    }

    internal static Answer Of(RewardTable table, long[] ids, int answers, RewardBaseline baseline = RewardBaseline.None, double[]? targets = null)
    {
        AnswerOptions options = AnswerOptions.Default;
        options.Baseline = baseline;
        return Of(table, ids, answers, options, targets);
    }

    internal static Answer Of(RewardTable table, long[] ids, int answers, AnswerOptions options, double[]? targets = null)
    {
        int prompts = ids.Length / answers;
        Answer answer = new(new int[ids.Length], new double[ids.Length], new int[prompts], new RowStatus[prompts]);
        int[] narrow = [.. ids.Select(id => (int)id)];
        fixed (long* wide = ids)
        fixed (int* half = narrow, counts = answer.Counts, kEff = answer.KEff)
        fixed (double* values = answer.Values, target = targets)
        fixed (RowStatus* status = answer.Status)
        {
            options.LogTargets = target;
            AnswerOutputs outputs = new() { Counts = counts, Rewards = values, KEff = kEff, RowStatus = status };
            AnswerRewards.Compute(table, options.IdType == IdType.I32 ? half : wide, prompts, answers, options, outputs);
        }

        return answer;
    }
}
