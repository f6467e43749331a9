using Equipoise.Rows;

namespace Equipoise.Estimators;

/// <summary>What is asked of a table before it is built. Parameter names are the C names.</summary>
internal static class RewardTableChecks
{
    /// <summary>Beyond it the values of a minimax table pass 1e3 and soon 1e6.</summary>
    private const int LargestStableMinimax = 16;

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
        if (options.Kind == RewardKind.Minimax)
        {
            bool isStable = k <= LargestStableMinimax || options.AllowUnstable != 0;
            MatrixChecks.Require(isStable, "k", $"k is {k}: minimax tables beyond {LargestStableMinimax} exceed what f64 holds; set allow_unstable to have one");
            MatrixChecks.Require(k <= Minimax.LargestK, "k", $"k is {k}: minimax tables end at {Minimax.LargestK}");
        }

        if (options.Kind == RewardKind.Aqp)
        {
            MatrixChecks.Require(options.Rho > 0 && double.IsFinite(options.Rho), "rho", $"rho is {options.Rho}, must be finite and above 0");
            MatrixChecks.Require(k <= Minimax.LargestK, "k", $"k is {k}: aqp tables end at {Minimax.LargestK}");
            double smallest = SmallestRho((int)k);
            MatrixChecks.Require(options.Rho >= smallest, "rho", $"rho is {options.Rho}: no table of {k} has so small a bias, the smallest feasible rho is {smallest}");
        }
    }

    /// <summary>The least bias of any table in units of harmonic's.</summary>
    internal static double SmallestRho(int k) => Minimax.LeastBias(k) / Certificate.HarmonicBias(k);

    /// <summary>Whether there is a table for <paramref name="k"/> answers.</summary>
    internal static bool HasTable(long k, in RewardTableOptions options) => options.Kind switch
    {
        RewardKind.Power => k - 1 >= options.M,
        RewardKind.Tsallis => k >= options.S,
        RewardKind.Aqp => options.Rho >= SmallestRho((int)k),
        _ => true,
    };
}
