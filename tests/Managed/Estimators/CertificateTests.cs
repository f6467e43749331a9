using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Estimators;

/// <summary>Certificates against figures that were measured without this library.</summary>
public class CertificateTests
{
    [Theory]
    [InlineData(4, 0.302)]
    [InlineData(8, 0.292)]
    [InlineData(16, 0.287)]
    [InlineData(32, 0.284)]
    [InlineData(64, 0.283)]
    public void Bias_of_harmonic(int k, double timesK) => Assert.Equal(timesK, Of(k, RewardKind.Harmonic).Bias * k, 0.0006);

    [Theory]
    [InlineData(4, 0.555)]
    [InlineData(64, 0.913)]
    [InlineData(256, 0.965)]
    public void Bias_of_add_half(int k, double timesK) => Assert.Equal(timesK, Of(k, RewardKind.AddHalf).Bias * k, 0.0006);

    [Theory]
    [InlineData(RewardKind.Plugin, 0.57, 0.25)]
    [InlineData(RewardKind.AddHalf, 0.97, 0.17)]
    [InlineData(RewardKind.MillerMadow, 0.31, 0.41)]
    [InlineData(RewardKind.Harmonic, 0.283, 0.45)]
    public void Bias_and_largest_variance_of_large_groups(RewardKind kind, double timesK, double variance)
    {
        RewardCertificate certificate = Of(256, kind);
        Assert.Equal(timesK, certificate.Bias * 256, 0.01);
        Assert.Equal(variance, certificate.MaxVariance, 0.015);
        Assert.Equal(SolverStatus.ClosedForm, certificate.SolverStatus);
    }

    [Fact]
    public void Unbiased_kinds_have_no_bias()
    {
        Assert.InRange(Of(12, RewardKind.Power, m: 5).Bias, 0, 1e-14);
        Assert.InRange(Of(12, RewardKind.Tsallis, s: 12).Bias, 0, 1e-14);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(300)]
    public void Mean_variance_is_the_integral_in_closed_form(int k)
    {
        // ∫ Var = Σ h²/K − hᵀMh, M_ij = C(n,i) C(n,j) / ((2n+1) C(2n,i+j)).
        int n = k - 1;
        double[] h = Rewards.Table(k, Rewards.Options(RewardKind.Harmonic)), logs = [.. Enumerable.Range(0, (2 * n) + 1)];
        logs[0] = 0;
        for (int i = 1; i < logs.Length; i++)
        {
            logs[i] = logs[i - 1] + Math.Log(i);
        }

        double Choose(int a, int b) => logs[a] - logs[b] - logs[a - b];
        double squares = h.Sum(x => x * x) / k;
        double products = Enumerable.Range(0, k).Sum(i => Enumerable.Range(0, k).Sum(j =>
            h[i] * h[j] * Math.Exp(Choose(n, i) + Choose(n, j) - Choose(2 * n, i + j)) / ((2 * n) + 1)));
        Check.Near("mean variance", Of(k, RewardKind.Harmonic).MeanVariance, squares - products, 1e-10);
    }

    [Fact]
    public void The_harmonic_table_is_a_difference_of_digammas()
    {
        double[] h = Rewards.Table(8, RewardTableOptions.Default);
        Assert.Equal(-(1 + (1.0 / 2) + (1.0 / 3) + (1.0 / 4) + (1.0 / 5) + (1.0 / 6) + (1.0 / 7)), h[0], 1e-15);
        Assert.Equal(-1.0 / 7, h[6], 1e-16);
        Assert.Equal(0, h[7]);
    }

    private static RewardCertificate Of(int k, RewardKind kind, int m = 1, int s = 2)
    {
        using RewardTable table = new(k, Rewards.Options(kind, m, s));
        return table.Certify();
    }
}
