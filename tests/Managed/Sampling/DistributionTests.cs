using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Sampling;

/// <summary>Ten million draws at fixed seeds against q; a right sampler fails a case with probability 1e-6, and then always.</summary>
public static class DistributionTests
{
    private const int Million = 1_000_000;

    [Theory]
    [InlineData(DType.F32, 9)]
    [InlineData(DType.F64, 9)]
    [InlineData(DType.F16, 9)]
    [InlineData(DType.BF16, 9)]
    [InlineData(DType.F32, 600)]
    [InlineData(DType.BF16, 5000)]
    public static void TenMillionDrawsFollowQ(DType dtype, int columns)
    {
        double[] theta = RowMaker.Coarse(11, columns, 1), target = RowMaker.Coarse(12, columns, 1);
        theta[2] = target[5] = double.NegativeInfinity;
        Problem problem = new Problem([theta, theta], [target, target]).As(dtype).With(o => o with { Threads = 0 });
        Check(problem, SampleOptions.Default with { Count = 5 * Million, Seed = 2026 }, problem.Expected(0).Q);
    }

    [Theory]
    [InlineData(4, 1.0, 0.0)]
    [InlineData(0, 0.7, 0.0)]
    [InlineData(0, 1.0, 0.2)]
    [InlineData(12, 0.8, 0.1)]
    public static void DrawsOfATruncatedQFollowWhatIsLeftOfIt(int topK, double topP, double minP)
    {
        Problem problem = new Problem(RowMaker.Coarse(21, 40), RowMaker.Coarse(22, 40)).As(DType.F64);
        double[] left = Truncated(problem.Expected(0).Q, topK, topP, minP);
        Check(problem, SampleOptions.Default with { Count = Million, Seed = 5, TopK = topK, TopP = topP, MinP = minP }, left);
    }

    [Fact]
    public static void DrawsWithoutReplacementComeInProportionToWhatIsLeft()
    {
        const int columns = 5, trials = 400_000;
        double[] theta = RowMaker.Coarse(31, columns), target = RowMaker.Coarse(32, columns);
        double[][] thetas = new double[trials][], targets = new double[trials][];
        Array.Fill(thetas, theta);
        Array.Fill(targets, target);
        Problem problem = new(thetas, targets);
        Drawing drawing = Drawing.Of(problem, SampleOptions.Default with { Count = 2, WithoutReplacement = 1, Seed = 9 });
        double[] q = problem.Expected(0).Q, pairs = new double[columns * columns];
        long[] counts = new long[columns * columns];
        for (int i = 0; i < trials; i++)
        {
            counts[(drawing.Tokens[2 * i] * columns) + drawing.Tokens[(2 * i) + 1]]++;
        }

        for (int i = 0; i < pairs.Length; i++)
        {
            (int first, int second) = (i / columns, i % columns);
            pairs[i] = first == second ? 0 : q[first] * q[second] / (1 - q[first]);
        }

        (double statistic, double critical) = ChiSquare.Of(counts, pairs);
        Assert.True(statistic < critical, $"chi-square {statistic} against {critical}");
    }

    /// <summary>Sums of weighted draws estimate expectations under the policies: within five standard errors.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public static void WeightsMakeUnbiasedEstimates(int withoutReplacement)
    {
        const int columns = 30, trials = 200_000, count = 6;
        double[] theta = RowMaker.Coarse(41, columns), target = RowMaker.Coarse(42, columns);
        double[][] thetas = new double[trials][], targets = new double[trials][];
        Array.Fill(thetas, theta);
        Array.Fill(targets, target);
        Problem problem = new(thetas, targets);
        Drawing drawing = Drawing.Of(
            problem, SampleOptions.Default with { Count = count, WithoutReplacement = withoutReplacement, Seed = 4, TopP = 1 });
        Reference expected = problem.Expected(0);
        double share = withoutReplacement == 0 ? 1.0 / count : 1;
        CheckMean(drawing.Tokens, drawing.Weights, share, count, expected.Theta);
        CheckMean(drawing.Tokens, drawing.TargetWeights, share, count, expected.Target);
    }

    private static void CheckMean(long[] tokens, double[] weights, double share, int count, Distribution policy)
    {
        double truth = 0, sum = 0, squares = 0;
        for (int i = 0; i < policy.Below.Length; i++)
        {
            truth += Math.Exp(policy.Log(i)) * Math.Sin(i);
        }

        int trials = tokens.Length / count;
        for (int i = 0; i < trials; i++)
        {
            double estimate = 0;
            for (int j = i * count; j < (i + 1) * count; j++)
            {
                estimate += share * weights[j] * Math.Sin(tokens[j]);
            }

            sum += estimate;
            squares += estimate * estimate;
        }

        double mean = sum / trials, error = Math.Sqrt(((squares / trials) - (mean * mean)) / trials);
        Assert.InRange(mean, truth - (5 * error), truth + (5 * error));
    }

    private static void Check(Problem problem, SampleOptions options, double[] probabilities)
    {
        Drawing drawing = Drawing.Of(problem, options);
        long[] counts = new long[problem.Columns];
        foreach (long token in drawing.Tokens)
        {
            counts[token]++;
        }

        for (int i = 0; i < counts.Length; i++)
        {
            Assert.True(probabilities[i] > 0 || counts[i] == 0, $"token {i} has no probability and was drawn {counts[i]} times");
        }

        (double statistic, double critical) = ChiSquare.Of(counts, probabilities);
        Assert.True(statistic < critical, $"chi-square {statistic} against {critical}");
    }

    /// <summary>By sorting.</summary>
    private static double[] Truncated(double[] q, int topK, double topP, double minP)
    {
        double[] left = (double[])q.Clone(), sorted = (double[])q.Clone();
        Array.Sort(sorted);
        Array.Reverse(sorted);
        int kept = topK == 0 ? q.Length : topK;
        double mass = 0, above = 0;
        for (int i = 0; i < kept; i++)
        {
            mass += sorted[i];
        }

        for (int i = 0; i < kept; i++)
        {
            above += sorted[i];
            if (above >= topP * mass)
            {
                kept = i + 1;
            }
        }

        double threshold = Math.Max(sorted[kept - 1], minP * sorted[0]), total = 0;
        left = Array.ConvertAll(left, x => x >= threshold ? x : 0);
        Array.ForEach(left, x => total += x);
        return Array.ConvertAll(left, x => x / total);
    }
}
