using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Properties;

/// <summary>The shape of the path: KL_θ falls, KL_t rises, log Z is convex and 0 at the ends; and what must hold at α*.</summary>
public class PathTests
{
    private const int Steps = 16;

    public static TheoryData<DType> Types => [DType.F32, DType.F64];

    [Theory]
    [MemberData(nameof(Types))]
    public void Is_monotone_and_convex(DType dtype) => RowPair.ForAll(40, 71, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        double[] logZ = new double[Steps + 1], klTheta = new double[Steps + 1], klTarget = new double[Steps + 1];
        double noise = 0;
        for (int i = 0; i <= Steps; i++)
        {
            Problem problem = new Problem(a, b).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha, Alpha = i / (double)Steps });
            using Answer answer = problem.Solve();
            Reference truth = problem.Expected(0);
            if (!truth.Solved)
            {
                return;
            }

            Bounds bounds = Check.Around(truth, problem);
            noise = Math.Max(noise, Math.Max(bounds.Kl, bounds.LogZ));
            (logZ[i], klTheta[i], klTarget[i]) = (answer.LogZ[0], answer.KlTheta[0], answer.KlTarget[0]);
        }

        for (int i = 1; i <= Steps; i++)
        {
            Assert.True(klTheta[i] - klTheta[i - 1] <= 2 * noise, $"KL_theta rises from {klTheta[i - 1]:R} to {klTheta[i]:R} at {i}");
            Assert.True(klTarget[i - 1] - klTarget[i] <= 2 * noise, $"KL_target falls from {klTarget[i - 1]:R} to {klTarget[i]:R} at {i}");
            Assert.True(i == Steps || logZ[i - 1] + logZ[i + 1] - (2 * logZ[i]) >= -4 * noise, $"log Z is not convex at {i}");
        }
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Ends_are_the_policies(DType dtype)
    {
        double[] a = RowMaker.Coarse(72, 501), b = RowMaker.Coarse(73, 501);
        foreach ((double alpha, double[] policy) in new[] { (1.0, a), (0.0, b) })
        {
            Problem problem = new Problem(a, b).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha, Alpha = alpha });
            using Answer answer = problem.Solve();
            Reference pure = Reference.Of(policy, policy);
            Bounds bounds = Check.Around(problem.Expected(0), problem);
            Check.Near("log_z", answer.LogZ[0], 0, bounds.LogZ);
            Check.Near("KL to the end's own policy", alpha == 1 ? answer.KlTheta[0] : answer.KlTarget[0], 0, bounds.Kl);
            Check.Near("ESS of the end's own policy", alpha == 1 ? answer.EssTheta[0] : answer.EssTarget[0], 1, bounds.Ess(1, alpha));
            Check.Near("q", Check.TotalVariation(answer.Q(0), pure.Q), 0, bounds.TotalVariation + Codec.Roundoff(dtype));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void At_the_Chernoff_point_the_KLs_agree_and_are_minus_log_z(DType dtype) => RowPair.ForAll(200, 74, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(dtype);
        using Answer answer = problem.Solve();
        if (answer.Status[0] == RowStatus.Ok)
        {
            Reference truth = problem.Expected(0);
            Bounds bounds = Check.Around(truth, problem);
            double allowed = 1e-6 * Math.Max(1, answer.KlTheta[0]);
            Assert.InRange(answer.Residual[0], 0, allowed);
            Check.Near("KL_theta - KL_target", answer.KlTheta[0], answer.KlTarget[0], allowed + bounds.Noise);
            Check.Near("-log Z", -answer.LogZ[0], answer.KlTheta[0], allowed + (2 * bounds.Noise));
            double seen = Math.Abs(truth.Expect(answer.Alpha[0], truth.Ratio));
            Check.Near("residual, as the reference sees it", answer.Residual[0], seen, bounds.Delta);
        }
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Log_q_is_the_logarithm_of_q(DType dtype) => RowPair.ForAll(100, 75, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(dtype);
        using Answer answer = problem.Solve();
        Reference truth = problem.Expected(0);
        double[] q = answer.Q(0), logQ = answer.LogQ(0);
        for (int i = 0; truth.Solved && i < q.Length; i++)
        {
            if (q[i] > Codec.SmallestNormal(dtype))
            {
                double bound = (2 * Check.Around(truth, problem).LogQ(i)) + (Codec.Roundoff(dtype) * (1 + Math.Abs(logQ[i])));
                Check.Near($"log_q[{i}]", logQ[i], Math.Log(q[i]), bound);
            }
        }
    });

    [Fact]
    public void Ess_is_its_definition_on_the_q_that_was_written() => RowPair.ForAll(100, 76, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(DType.F64);
        using Answer answer = problem.Solve();
        Reference truth = problem.Expected(0);
        if (truth.Solved && Array.TrueForAll(answer.Q(0), v => v is 0 or > 1e-290))
        {
            Check.Near("ess_theta", answer.EssTheta[0], Ess(truth.Theta, answer.Q(0)), 1e-9);
            Check.Near("ess_target", answer.EssTarget[0], Ess(truth.Target, answer.Q(0)), 1e-9);
        }
    });

    private static double Ess(Distribution policy, double[] q)
    {
        double sum = 0;
        for (int i = 0; i < q.Length; i++)
        {
            double p = Math.Exp(policy.Log(i));
            sum += p > 0 ? p * p / q[i] : 0;
        }

        return 1 / sum;
    }
}
