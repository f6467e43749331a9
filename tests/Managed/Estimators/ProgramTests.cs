using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Estimators;

/// <summary>Tables that come from a program, against figures that were measured without this library.</summary>
public class ProgramTests
{
    [Theory]
    [InlineData(4, 2.00e-2)]
    [InlineData(8, 5.061e-3)]
    [InlineData(16, 1.27e-3)]
    [InlineData(32, 3.17e-4)]
    public void Bias_of_minimax(int k, double bias)
    {
        RewardCertificate certificate = Certify(k, Rewards.Options(RewardKind.Minimax, allowUnstable: true));
        Assert.Equal(bias, certificate.Bias, 0.003 * bias);
        Assert.Equal(certificate.LeastBias, certificate.Bias, 1e-5 * bias);
        Assert.Equal(SolverStatus.Optimal, certificate.SolverStatus);
    }

    [Fact]
    public void Minimax_of_64_has_a_level_that_its_f64_table_cannot_hold()
    {
        RewardCertificate certificate = Certify(64, Rewards.Options(RewardKind.Minimax, allowUnstable: true));
        Assert.Equal(7.94e-5, certificate.LeastBias, 0.01e-5);
        Assert.Equal(SolverStatus.Unstable, certificate.SolverStatus);
        Assert.True(certificate.Bias > 1.01 * certificate.LeastBias);
    }

    [Fact]
    public void Minimax_is_that_of_50_digits()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", "minimax.json")));
        foreach (JsonElement known in golden.RootElement.EnumerateArray())
        {
            int k = known.GetProperty("k").GetInt32();
            double[] h = Rewards.Table(k, Rewards.Options(RewardKind.Minimax)), exact = [.. known.GetProperty("h").EnumerateArray().Select(Number)];
            for (int c = 0; c < k; c++)
            {
                // An extreme is found to 1e-8 of its place, half the digits of f64, and the values feel that a thousandfold at k = 12.
                Check.Near($"h[{c + 1}] of {k}", h[c], exact[c], 1e-8 * (1 + Math.Abs(exact[c])));
            }

            Check.Near($"bias of {k}", Certify(k, Rewards.Options(RewardKind.Minimax)).LeastBias, Number(known.GetProperty("bias")), 1e-13);
        }
    }

    [Fact]
    public void Values_and_variance_of_minimax()
    {
        double[] h = Rewards.Table(8, Rewards.Options(RewardKind.Minimax));
        Assert.Equal(-4.4868, h[0], 1e-4);
        Assert.Equal(0.7398, h[1], 1e-4);
        Assert.Equal(-3.7961, h[2], 2e-4);
        Assert.InRange(Certify(8, Rewards.Options(RewardKind.Minimax)).MaxVariance, 6, 7);
        Assert.InRange(Certify(16, Rewards.Options(RewardKind.Minimax)).MaxVariance, 1e4, 1.5e4);
        Assert.InRange(Certify(32, Rewards.Options(RewardKind.Minimax, allowUnstable: true)).MaxVariance, 2e12, 4e12);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(13)]
    public void The_error_of_minimax_takes_its_largest_size_in_turn(int k)
    {
        // Chebyshev's criterion, by nothing but the values: K + 1 points of alternating sign and equal size prove that no table is better.
        double[] h = Rewards.Table(k, Rewards.Options(RewardKind.Minimax));
        double level = Certify(k, Rewards.Options(RewardKind.Minimax)).LeastBias;
        double last = 0;
        int turns = 0;
        for (int i = 1; i <= 200_000; i++)
        {
            double p = Math.Pow(Math.Sin(Math.PI / 2 * i / 200_000), 2), error = p * (Mean(h, p) - Math.Log(p));
            Assert.InRange(Math.Abs(error), 0, level * (1 + 1e-8));
            if (Math.Abs(error) > level * (1 - 1e-4) && Math.Sign(error) != last)
            {
                last = Math.Sign(error);
                turns++;
            }
        }

        Assert.Equal(k + 1, turns);
    }

    [Theory]
    [InlineData(4, 0.265)]
    [InlineData(8, 0.139)]
    [InlineData(16, 0.0708)]
    [InlineData(32, 0.0358)]
    public void A_rho_that_no_table_meets_is_refused_with_the_smallest_that_one_does(int k, double smallest)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new RewardTable(k, Rewards.Options(RewardKind.Aqp, rho: 0.97 * smallest)));
        Assert.Equal("rho", error.ParamName);
        string number = error.Message.Split("smallest feasible rho is ")[1].Split(' ')[0];
        Assert.Equal(smallest, double.Parse(number, CultureInfo.InvariantCulture), 0.002 * smallest + 0.0005);
    }

    [Theory]
    [InlineData(0.5, 64, 0.85)]
    [InlineData(0.25, 64, 2.0)]
    [InlineData(0.125, 32, 6.5)]
    public void Aqp_keeps_its_bias_at_little_variance(double rho, int k, double variance)
    {
        RewardCertificate certificate = Certify(k, Rewards.Options(RewardKind.Aqp, rho: rho));
        Assert.InRange(certificate.Bias / Certify(k, RewardTableOptions.Default).Bias, 0.99 * rho, 1.01 * rho);
        Assert.Equal(variance, certificate.MaxVariance, 0.02 * variance);
        Assert.Equal(SolverStatus.Optimal, certificate.SolverStatus);
    }

    /// <summary>As far as there are tables at all: within a hundredth of the least bias, where values and variance explode.</summary>
    [Theory]
    [InlineData(4, 0.268)]
    [InlineData(8, 0.1402)]
    [InlineData(16, 0.0714)]
    [InlineData(32, 0.0362)]
    public void Aqp_reaches_the_least_bias(int k, double rho)
    {
        RewardCertificate certificate = Certify(k, Rewards.Options(RewardKind.Aqp, rho: rho)), minimax = Certify(k, Rewards.Options(RewardKind.Minimax, allowUnstable: true));
        Assert.InRange(certificate.Bias / Certify(k, RewardTableOptions.Default).Bias, 0.99 * rho, 1.01 * rho);
        Assert.Equal(SolverStatus.Optimal, certificate.SolverStatus);
        Assert.InRange(certificate.MeanVariance, 0, minimax.MeanVariance);
    }

    [Theory]
    [InlineData(16, 0.0709)]
    [InlineData(24, 0.06)]
    public void Aqp_in_f64_and_in_106_bits_is_convex_in_rho(int k, double rho)
    {
        // The optimal value of a convex program is a convex, falling function of its bound, whichever numbers it was found in.
        double At(double factor) => Certify(k, Rewards.Options(RewardKind.Aqp, rho: rho * factor)).MeanVariance;
        double left = At(1.0), middle = At(1.05), right = At(1.1);
        Assert.True(left > middle && middle > right, $"{left} {middle} {right}");
        Assert.True(middle <= ((left + right) / 2) + (1e-6 * left), $"{left} {middle} {right}");
    }

    [Fact]
    public void No_mixture_of_harmonic_and_minimax_beats_aqp()
    {
        // A mixture of tables has at most the mixture of their biases: a feasible point, which the optimum cannot exceed.
        const int K = 12;
        const double Rho = 0.4;
        double[] harmonic = Rewards.Table(K, RewardTableOptions.Default), minimax = Rewards.Table(K, Rewards.Options(RewardKind.Minimax));
        RewardCertificate of = Certify(K, RewardTableOptions.Default), best = Certify(K, Rewards.Options(RewardKind.Minimax));
        double share = (1 - Rho) * of.Bias / (of.Bias - best.Bias);
        double mixed = MeanVariance([.. harmonic.Zip(minimax, (a, b) => ((1 - share) * a) + (share * b))]);
        double found = MeanVariance(Rewards.Table(K, Rewards.Options(RewardKind.Aqp, rho: Rho)));
        Assert.InRange(found, MeanVariance(harmonic), mixed * 0.99);
    }

    [Fact]
    public void Too_small_a_group_for_rho_has_a_status()
    {
        using RewardTable table = new(8, Rewards.Options(RewardKind.Aqp, rho: 0.2));
        Rewards.Answer answer = Rewards.Of(table, [1, 1, 2, 3, -1, -1, -1, -1, 1, 1, 2, 3, 4, 4, 4, -1], 8);
        Assert.Equal([RowStatus.TooFew, RowStatus.Ok], answer.Status);
        Assert.All(answer.Values.Take(8), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Limits_are_named()
    {
        Assert.Contains("allow_unstable", Assert.Throws<ArgumentException>(() => new RewardTable(17, Rewards.Options(RewardKind.Minimax))).Message);
        Assert.Throws<ArgumentException>("k", () => new RewardTable(65, Rewards.Options(RewardKind.Minimax, allowUnstable: true)));
        Assert.Throws<ArgumentException>("k", () => new RewardTable(65, Rewards.Options(RewardKind.Aqp)));
        Assert.Throws<ArgumentException>("rho", () => new RewardTable(8, Rewards.Options(RewardKind.Aqp, rho: double.NaN)));
    }

    private static RewardCertificate Certify(int k, RewardTableOptions options)
    {
        using RewardTable table = new(k, options);
        return table.Certify();
    }

    private static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    /// <summary>Q(p) by de Casteljau's scheme.</summary>
    private static double Mean(double[] h, double p)
    {
        double[] level = [.. h];
        for (int n = h.Length - 1; n >= 1; n--)
        {
            for (int j = 0; j < n; j++)
            {
                level[j] += p * (level[j + 1] - level[j]);
            }
        }

        return level[0];
    }

    /// <summary>∫ Var by Simpson's rule.</summary>
    private static double MeanVariance(double[] h)
    {
        const int Steps = 2000;
        double sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double p = (double)i / Steps, mean = Mean(h, p), squares = Mean([.. h.Select(x => x * x)], p);
            sum += (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2) * (squares - (mean * mean)) / (3.0 * Steps);
        }

        return sum;
    }
}
