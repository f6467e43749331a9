using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>The accuracy on a language model's logits that the README's table claims: α within 1e-5, q within 1e-6.</summary>
public class RealRowsTests
{
    private static readonly Lazy<Reference[]> Truths = new(() =>
        [.. RealRows.Theta.Zip(RealRows.Target).AsParallel().AsOrdered().Select(rows => Reference.Of(rows.First, rows.Second))]);

    [Fact]
    public void The_reference_agrees_with_the_exact_answers()
    {
        for (int row = 0; row < RealRows.Theta.Length; row++)
        {
            Reference truth = Truths.Value[row];
            Check.Near($"alpha of row {row}", truth.Alpha, RealRows.Answer(row, "alpha"), 1e-15 + (5e-15 / truth.Variance));
            Check.Near($"log_z of row {row}", truth.LogZ, RealRows.Answer(row, "log_z"), 1e-14);
            foreach ((int token, double logQ) in RealRows.LogQ(row))
            {
                double bound = (1e-14 * (1 + Math.Abs(logQ))) + (5e-14 / truth.Variance);
                Check.Near($"log_q[{token}] of row {row}", truth.LogQ[token], logQ, bound);
            }
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    public void Alpha_is_within_1e_5_and_q_within_1e_6(DType dtype)
    {
        Problem problem = new(RealRows.Theta, RealRows.Target) { ThetaType = dtype, TargetType = dtype };
        using Answer answer = problem.Solve();
        double worstAlpha = 0, worstVariation = 0, worstMass = 0, worstKl = 0;
        for (int row = 0; row < problem.Rows; row++)
        {
            Assert.Equal(RowStatus.Ok, answer.Status[row]);
            double[] q = answer.Q(row);
            bool measured = RealRows.Answer(row, "kl_theta") >= 1e-6;
            worstAlpha = Math.Max(worstAlpha, measured ? Math.Abs(answer.Alpha[row] - RealRows.Answer(row, "alpha")) : 0);
            worstVariation = Math.Max(worstVariation, Check.TotalVariation(q, Truths.Value[row].Q));
            worstMass = Math.Max(worstMass, Math.Abs(Check.Mass(q) - 1));
            worstKl = Math.Max(worstKl, Math.Abs(answer.KlTheta[row] - RealRows.Answer(row, "kl_theta")));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{dtype}: alpha {worstAlpha:E2}, total variation {worstVariation:E2}, mass {worstMass:E2}, KL {worstKl:E2}");
        Assert.InRange(worstAlpha, 0, 1e-5);
        Assert.InRange(worstVariation, 0, 1e-6);
        Assert.InRange(worstMass, 0, 1e-6);
        Assert.InRange(worstKl, 0, 1e-6);
    }

    [Fact]
    public void No_row_takes_more_than_three_points()
    {
        Problem problem = new(RealRows.Theta, RealRows.Target);
        using Answer answer = problem.Solve();
        int[] points = [.. Enumerable.Range(0, problem.Rows).Select(row => answer.Iterations[row])];
        Assert.InRange(points.Max(), 1, 3);
        Assert.InRange(points.Average(), 1, 1.35);
    }

    [Fact]
    public void F64_is_within_1e_12_in_alpha_times_sigma_and_1e_13_in_q()
    {
        Problem problem = new Problem(RealRows.Theta, RealRows.Target).As(DType.F64).With(o => o with { Tolerance = 1e-12 });
        using Answer answer = problem.Solve();
        for (int row = 0; row < problem.Rows; row++)
        {
            double deviation = Math.Sqrt(RealRows.Answer(row, "variance"));
            Check.Near($"alpha times sigma of row {row}", answer.Alpha[row] * deviation, RealRows.Answer(row, "alpha") * deviation, 1e-12);
            Check.Near($"q of row {row}", Check.TotalVariation(answer.Q(row), Truths.Value[row].At(answer.Alpha[row]).Q), 0, 1e-13);
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    [InlineData(DType.F16)]
    public void Every_output_is_within_its_bound(DType dtype)
    {
        double tolerance = dtype == DType.F64 ? 1e-12 : 1e-6;
        Problem problem = new Problem(RealRows.Theta, RealRows.Target).As(dtype).With(o => o with { Tolerance = tolerance });
        using Answer answer = problem.Solve();
        for (int row = 0; row < problem.Rows; row++)
        {
            Check.Row(problem, answer, row, Truths.Value[row]);
        }
    }
}
