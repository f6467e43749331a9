using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>The accuracy that the README's table claims on normal logits, V = 51200.</summary>
public class FigureTests
{
    private const int Width = 51200;

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.5)]
    [InlineData(2.0)]
    [InlineData(4.0)]
    public void Alpha_of_f32_normal_logits_is_within_5e_7(double sigma)
    {
        Problem problem = Normal(sigma, 4);
        using Answer answer = problem.Solve();
        double worst = Enumerable.Range(0, problem.Rows).Max(row => Math.Abs(answer.Alpha[row] - problem.Expected(row).Alpha));
        TestContext.Current.TestOutputHelper?.WriteLine($"sigma {sigma}: worst error of alpha {worst:E2}");
        Assert.InRange(worst, 0, 5e-7);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(4.0)]
    public void F64_normal_logits_are_within_1e_12_in_alpha_times_sigma_and_1e_13_in_q(double sigma)
    {
        Problem problem = Normal(sigma, 2).As(DType.F64).With(o => o with { Tolerance = 1e-12 });
        using Answer answer = problem.Solve();
        for (int row = 0; row < problem.Rows; row++)
        {
            Reference truth = problem.Expected(row);
            Assert.Equal(RowStatus.Ok, answer.Status[row]);
            Check.Near("alpha times sigma", answer.Alpha[row] * Math.Sqrt(truth.Variance), truth.Alpha * Math.Sqrt(truth.Variance), 1e-12);
            Check.Near("q", Check.TotalVariation(answer.Q(row), truth.At(answer.Alpha[row]).Q), 0, 1e-13);
        }
    }

    private static Problem Normal(double sigma, int rows) =>
        new(RowMaker.Many(rows, s => RowMaker.Normal(s, Width, sigma), 1), RowMaker.Many(rows, s => RowMaker.Normal(s, Width, sigma), 101));
}
