using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Estimators;

/// <summary>
/// What is claimed of expectations, by summing over every sample of K answers. ν is a softmax, so that the score of answer a is 1{x = a} − ν_a.
/// </summary>
public class EnumerationTests
{
    private static readonly double[] Nu = [0.5, 0.3, 0.15, 0.05];

    public static IEnumerable<TheoryDataRow<int, int>> Powers =>
        from k in Enumerable.Range(2, 5)
        from m in Enumerable.Range(1, k - 1)
        select new TheoryDataRow<int, int>(k, m);

    [Theory]
    [MemberData(nameof(Powers))]
    public void Power_is_unbiased_without_a_baseline_and_with_the_excluded_one(int k, int m)
    {
        double[] exact = Gradient(p => -Math.Pow(p, m));
        Same(exact, 1, Expected(k, Rewards.Options(RewardKind.Power, m), RewardBaseline.None), 1e-13);
        if (k - 1 > m)
        {
            Same(exact, 1, Expected(k, Rewards.Options(RewardKind.Power, m), RewardBaseline.Excluded), 1e-13);
        }
    }

    [Theory]
    [MemberData(nameof(Powers))]
    public void The_other_baselines_scale_the_gradient_of_a_power_as_documented(int k, int m)
    {
        double[] exact = Gradient(p => -Math.Pow(p, m));
        Same(exact, 1 - ((double)m / (k - 1)), Expected(k, Rewards.Options(RewardKind.Power, m), RewardBaseline.Loo), 1e-13);
        Same(exact, (double)(k - 1 - m) / k, Expected(k, Rewards.Options(RewardKind.Power, m), RewardBaseline.Mean), 1e-13);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(5, 2)]
    [InlineData(5, 3)]
    [InlineData(6, 6)]
    public void Tsallis_is_unbiased(int k, int s) =>
        Same(Gradient(p => -((s * Math.Pow(p, s - 1)) - 1) / (s - 1)), 1, Expected(k, Rewards.Options(RewardKind.Tsallis, s: s), RewardBaseline.None), 1e-13);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public void Harmonic_is_the_truncated_series_of_log(int k) =>
        Same(
            Gradient(p => Enumerable.Range(1, k - 1).Sum(j => Math.Pow(1 - p, j) / j)),
            1,
            Expected(k, Rewards.Options(RewardKind.Harmonic), RewardBaseline.Excluded),
            1e-13);

    /// <summary>Σ_x ν(x) reward(ν(x)) score(x).</summary>
    private static double[] Gradient(Func<double, double> reward) =>
        [.. Nu.Select((_, a) => Nu.Select((p, x) => p * reward(p) * ((x == a ? 1 : 0) - Nu[a])).Sum())];

    /// <summary>The mean over all samples of 1/K Σ_i reward_i score(x_i).</summary>
    private static double[] Expected(int k, RewardTableOptions options, RewardBaseline baseline)
    {
        int samples = (int)Math.Pow(Nu.Length, k);
        long[] ids = [.. Enumerable.Range(0, samples).SelectMany(n => Enumerable.Range(0, k).Select(i => (long)(n / (int)Math.Pow(Nu.Length, i)) % Nu.Length))];
        using RewardTable table = new(k, options);
        double[] rewards = Rewards.Of(table, ids, k, baseline).Values, gradient = new double[Nu.Length];
        for (int n = 0; n < samples; n++)
        {
            double probability = Enumerable.Range(0, k).Aggregate(1.0, (p, i) => p * Nu[ids[(n * k) + i]]);
            for (int i = 0; i < k; i++)
            {
                for (int a = 0; a < Nu.Length; a++)
                {
                    gradient[a] += probability * rewards[(n * k) + i] / k * ((ids[(n * k) + i] == a ? 1 : 0) - Nu[a]);
                }
            }
        }

        return gradient;
    }

    private static void Same(double[] exact, double scale, double[] actual, double tolerance)
    {
        for (int a = 0; a < exact.Length; a++)
        {
            Check.Near($"gradient of answer {a}", actual[a], scale * exact[a], tolerance);
        }
    }
}
