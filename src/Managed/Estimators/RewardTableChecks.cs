using Equipoise.Rows;

namespace Equipoise.Estimators;

/// <summary>What is asked of a table before it is built. Parameter names are the C names.</summary>
internal static class RewardTableChecks
{
    internal static void Check(long k, in RewardTableOptions options)
    {
        MatrixChecks.Require(k is >= 1 and <= RewardTable.LargestK, "k", $"k is {k}, must be in [1, {RewardTable.LargestK}]");
        MatrixChecks.Require((uint)options.Kind <= (uint)RewardKind.Aqp, "kind", $"kind {(int)options.Kind} is not an eqp_reward_kind");
        if (options.Kind == RewardKind.Power)
        {
            MatrixChecks.Require(options.M >= 1, "m", $"m is {options.M}, must be at least 1");
            MatrixChecks.Require(HasTable(k, options), "m", $"m is {options.M}: an unbiased estimate of p^m needs m + 1 answers, k is {k}");
        }

        if (options.Kind == RewardKind.Tsallis)
        {
            MatrixChecks.Require(options.S >= 2, "s", $"s is {options.S}, must be at least 2");
            MatrixChecks.Require(HasTable(k, options), "s", $"s is {options.S}: an unbiased estimate of this order needs s answers, k is {k}");
        }
    }

    /// <summary>Whether there is a table for <paramref name="k"/> answers.</summary>
    internal static bool HasTable(long k, in RewardTableOptions options) => options.Kind switch
    {
        RewardKind.Power => k - 1 >= options.M,
        RewardKind.Tsallis => k >= options.S,
        _ => true,
    };
}
