using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>The accuracy on a language model's logits that the README's table claims: α within 1e-5 of the exact one, q within 1e-6.</summary>
public class RealRowsTests
{
    private static readonly Lazy<Reference[]> Truths = new(() =>
        [.. Enumerable.Range(0, RealRows.Theta.Length).AsParallel().AsOrdered().Select(row => Reference.Of(RealRows.Theta[row], RealRows.Target[row]))]);

    [Fact]
    public void The_reference_agrees_with_the_exact_answers()
    {
        for (int row = 0; row < RealRows.Theta.Length; row++)
        {
            Reference truth = Truths.Value[row];
            Check.Near($"alpha of row {row}", truth.Alpha, RealRows.Answer(row, "alpha"), 1e-15 + (5e-15 / truth.Variance));
            Check.Near($"log_z of row {row}", truth.LogZ, RealRows.Answer(row, "log_z"), 1e-14);
            Assert.All(RealRows.LogQ(row), t => Check.Near($"log_q[{t.Token}] of row {row}", truth.LogQ[t.Token], t.LogQ, 1e-14 * (1 + Math.Abs(t.LogQ)) + (5e-14 / truth.Variance)));
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
            $"{dtype}, {problem.Rows} rows: alpha {worstAlpha:E2}, total variation {worstVariation:E2}, mass {worstMass:E2}, KL {worstKl:E2}");
        Assert.InRange(worstAlpha, 0, 1e-5);
        Assert.InRange(worstVariation, 0, 1e-6);
        Assert.InRange(worstMass, 0, 1e-6);
        Assert.InRange(worstKl, 0, 1e-6);
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
