using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.SeveralTargets;

/// <summary>Masks, rows that cannot be answered, and wrong arguments.</summary>
public unsafe class ManyStatusTests
{
    private const double Mask = double.NegativeInfinity;

    [Fact]
    public void Q_is_0_wherever_any_policy_masks()
    {
        double[][] row = [RowMaker.Coarse(1, 60), RowMaker.Coarse(2, 60), RowMaker.Coarse(3, 60)];
        row[0][7] = row[1][9] = row[2][0] = Mask;
        using ManyAnswer answer = new([row]);
        Assert.Equal(RowStatus.Ok, answer.Status(0));
        Assert.Equal([0, 7, 9], Enumerable.Range(0, 60).Where(y => answer.Q(0)[y] == 0));
        Assert.Equal([0, 7, 9], Enumerable.Range(0, 60).Where(y => answer.LogQ(0)[y] == Mask));
    }

    [Fact]
    public void A_row_without_a_common_token_is_disjoint()
    {
        using ManyAnswer answer = new([[[0, 1, Mask], [1, Mask, 1], [Mask, 1, 1]]]);
        Assert.Equal(RowStatus.Disjoint, answer.Status(0));
        Assert.All(answer.Beta(0), beta => Assert.Equal(double.NaN, beta));
        Assert.All(answer.Kl(0), kl => Assert.Equal(double.PositiveInfinity, kl));
        Assert.Equal(Mask, answer.LogZ(0));
        Assert.Equal([0, 0, 0], answer.Q(0));
        Assert.Equal([Mask, Mask, Mask], answer.LogQ(0));
    }

    [Fact]
    public void One_common_token_is_an_answer()
    {
        using ManyAnswer answer = new([[[0, 1, Mask], [1, Mask, 1], [3, 1, 1]]]);
        Assert.Equal(RowStatus.Ok, answer.Status(0));
        Assert.Equal([1, 0, 0], answer.Q(0));
        Check.Near("largest KL", answer.Kl(0).Max(), Math.Log(1 + Math.E), 1e-14);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_bad_score_spoils_its_row_alone(double bad)
    {
        double[][][] rows = [.. Enumerable.Range(0, 3).Select(r => Enumerable.Range(0, 3).Select(i => RowMaker.Coarse((ulong)((10 * r) + i), 40)).ToArray())];
        using ManyAnswer good = new(rows);
        rows[1][2][39] = bad;
        using ManyAnswer answer = new(rows);
        Assert.Equal(RowStatus.Invalid, answer.Status(1));
        Assert.All(answer.Beta(1).Concat(answer.Q(1)).Concat(answer.Kl(1)).Append(answer.LogZ(1)), v => Assert.Equal(double.NaN, v));
        Assert.Equal(good.Bits(0), answer.Bits(0));
        Assert.Equal(good.Bits(2), answer.Bits(2));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.MaxValue)]
    public void A_cost_that_is_not_finite_spoils_its_row_alone(double bad)
    {
        double[][][] rows = [.. Enumerable.Range(0, 2).Select(r => Enumerable.Range(0, 3).Select(i => RowMaker.Coarse((ulong)((10 * r) + i), 40)).ToArray())];
        double[][] costs = [new double[40], new double[40]];
        costs[0][3] = bad;
        using ManyAnswer answer = new(rows, change: options => options with { CostWeight = 2 }, costs: costs);
        Assert.Equal(RowStatus.Invalid, answer.Status(0));
        Assert.Equal(RowStatus.Ok, answer.Status(1));
    }

    [Fact]
    public void Identical_policies_share_equally()
    {
        double[] row = RowMaker.Coarse(5, 100);
        using ManyAnswer answer = new([[row, [.. row.Select(x => x + 16)], row]]);
        Assert.Equal(RowStatus.Identical, answer.Status(0));
        Assert.All(answer.Beta(0), beta => Check.Near("beta", beta, 1.0 / 3, 1e-15));
        Distribution policy = Distribution.Of(row, Scores.Logits, 1)!;
        Assert.InRange(Check.TotalVariation(answer.Q(0), [.. Enumerable.Range(0, 100).Select(y => Math.Exp(policy.Log(y)))]), 0, 1e-14);
        Assert.All(answer.Kl(0), kl => Check.Near("KL", kl, 0, 1e-14));
    }

    [Fact]
    public void Policies_that_agree_on_the_one_token_that_q_sees_are_not_identical()
    {
        using ManyAnswer answer = new([[[0, -300, -700], [-300, -700, 0], [-700, 0, -300]]]);
        Assert.Equal(RowStatus.Ok, answer.Status(0));
        Assert.All(answer.Kl(0), kl => Check.Near("KL", kl, answer.Kl(0).Max(), 1e-6 * kl));
    }

    [Fact]
    public void Skipped_rows_are_zeros()
    {
        double[][][] rows = [.. Enumerable.Range(0, 2).Select(r => Enumerable.Range(0, 2).Select(i => RowMaker.Coarse((ulong)((10 * r) + i), 40)).ToArray())];
        byte* mask = stackalloc byte[] { 0, 1 };
        nint place = (nint)mask;
        using ManyAnswer answer = new(rows, change: options => options with { RowMask = (byte*)place });
        Assert.Equal(RowStatus.Skipped, answer.Status(0));
        Assert.All(answer.Beta(0).Concat(answer.Q(0)).Concat(answer.LogQ(0)).Concat(answer.Kl(0)).Append(answer.LogZ(0)), v => Assert.Equal(0, v));
        Assert.Equal(RowStatus.Ok, answer.Status(1));
    }

    [Fact]
    public void A_pass_too_few_is_told()
    {
        using ManyAnswer answer = new([[RowMaker.Coarse(1, 60, 2), RowMaker.Coarse(2, 60), RowMaker.Coarse(3, 60)]], change: o => o with { MaxIterations = 1 });
        Assert.Equal(RowStatus.NotConverged, answer.Status(0));
        Assert.Equal(1, answer.Iterations(0));
        Assert.True(answer.Residual(0) > 1e-6);
    }

    [Fact]
    public void Scores_of_huge_size_have_an_answer()
    {
        using ManyAnswer answer = new([[[1e300, -1e300, 0], [-1e300, 1e300, 0], [1e4, 0, -1e4]]]);
        Assert.NotEqual(RowStatus.Invalid, answer.Status(0));
        Check.Near("sum of q", answer.Q(0).Sum(), 1, 1e-14);
        Assert.All(answer.Beta(0), beta => Assert.InRange(beta, 0, 1));
    }

    [Theory]
    [InlineData("probs, of mass 1.1", RowStatus.Invalid)]
    [InlineData("probs", RowStatus.Ok)]
    [InlineData("a negative prob", RowStatus.Invalid)]
    public void Probabilities_are_checked(string what, RowStatus status)
    {
        double[] last = what == "probs" ? [0.2, 0.3, 0.5] : what == "a negative prob" ? [-0.1, 0.6, 0.5] : [0.3, 0.3, 0.5];
        using ManyAnswer answer = new([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], last]], change: options => options with { Scores = Scores.Probs });
        Assert.Equal(status, answer.Status(0));
    }

    [Theory]
    [InlineData(1, "count")]
    [InlineData(17, "count")]
    public void Another_number_of_policies_is_refused(int count, string name)
    {
        double[][] row = [.. Enumerable.Range(0, count).Select(i => new double[] { i, 1 })];
        Assert.Equal(name, Assert.Throws<ArgumentException>(() => new ManyAnswer([row])).ParamName);
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_weight_that_is_negative_or_not_finite_is_refused(double weight)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new ManyAnswer([[[0, 1], [1, 0]]], change: options => options with { CostWeight = weight }, costs: [[1, 2]]));
        Assert.Equal("cost_weight", error.ParamName);
    }

    [Fact]
    public void A_weight_without_a_cost_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ManyAnswer([[[0, 1], [1, 0]]], change: options => options with { CostWeight = 1 }));
        Assert.Equal("cost", error.ParamName);
    }
}
