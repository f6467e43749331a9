using System;
using System.Linq;
using Xunit;

namespace Equipoise.Tests.Support;

/// <summary>Compares an answer with the truth within the derived bounds.</summary>
internal static class Check
{
    /// <summary>Every output of every row against the reference.</summary>
    public static void AgainstReference(Problem problem)
    {
        using Answer answer = problem.Solve();
        for (int row = 0; row < problem.Rows; row++)
        {
            Row(problem, answer, row, problem.Expected(row));
        }
    }

    /// <summary>Every output of one row against <paramref name="truth"/>.</summary>
    public static void Row(Problem problem, Answer answer, int row, Reference truth)
    {
        if (!truth.Solved)
        {
            Unsolved(problem, answer, row, truth);
            return;
        }

        Bounds bounds = Around(truth, problem);
        Status(truth, bounds, answer.Status[row]);
        Near("alpha", answer.Alpha[row], truth.Alpha, bounds.Alpha);
        Near("log_z", answer.LogZ[row], truth.LogZ, bounds.LogZ);
        Near("kl_theta", answer.KlTheta[row], truth.KlTheta, bounds.Kl);
        Near("kl_target", answer.KlTarget[row], truth.KlTarget, bounds.Kl);
        Near("ess_theta", answer.EssTheta[row], truth.EssTheta, bounds.Ess(truth.EssTheta, 2 - truth.Alpha));
        Near("ess_target", answer.EssTarget[row], truth.EssTarget, bounds.Ess(truth.EssTarget, -truth.Alpha));
        Near("residual", answer.Residual[row], Residual(problem, truth, answer.Alpha[row]), bounds.Delta);
        Ranges(answer, row);
        Distribution(problem, answer, row, truth, bounds);
    }

    /// <summary>The bounds of a row of this problem.</summary>
    public static Bounds Around(Reference truth, Problem problem)
    {
        bool exact = problem.Options.Method == Method.Bisection || (problem.ThetaType == DType.F64 && problem.TargetType == DType.F64);
        bool fixedAlpha = problem.Options.Criterion == Criterion.FixedAlpha;
        return new Bounds(truth, Codec.Roundoff(exact ? DType.F64 : DType.F32), problem.Options.Tolerance, fixedAlpha);
    }

    /// <summary>One number within a bound; equal infinities are near.</summary>
    public static void Near(string what, double actual, double expected, double bound)
    {
        bool near = actual.Equals(expected) || Math.Abs(actual - expected) <= bound;
        double off = Math.Abs(actual - expected);
        Assert.True(near, $"{what}: {actual:R} instead of {expected:R}, off by {off:E2} where {bound:E2} is allowed");
    }

    /// <summary>½ Σ |q − truth|.</summary>
    public static double TotalVariation(double[] q, double[] truth)
    {
        Sum sum = default;
        for (int i = 0; i < truth.Length; i++)
        {
            sum.Add(Math.Abs(q[i] - truth[i]) / 2);
        }

        return sum.Value;
    }

    /// <summary>Σ q.</summary>
    public static double Mass(double[] q)
    {
        Sum sum = default;
        foreach (double v in q)
        {
            sum.Add(v);
        }

        return sum.Value;
    }

    private static double Residual(Problem problem, Reference truth, double alpha) =>
        problem.Options.Criterion == Criterion.FixedAlpha ? 0 : Math.Abs(truth.Expect(alpha, truth.Ratio));

    private static void Status(Reference truth, Bounds bounds, RowStatus status)
    {
        bool hopeless = truth.Status == RowStatus.Ok && !bounds.WellConditioned && status == RowStatus.NotConverged;
        bool alike = (-truth.LogZ <= bounds.LogZ || truth.Identical()) && status == RowStatus.Identical;
        Assert.True(status == truth.Status || hopeless || alike, $"status: {status} instead of {truth.Status}");
    }

    private static void Ranges(Answer answer, int row)
    {
        Assert.InRange(answer.Alpha[row], 0, 1);
        Assert.InRange(answer.LogZ[row], double.NegativeInfinity, 0);
        Assert.InRange(answer.KlTheta[row], 0, double.PositiveInfinity);
        Assert.InRange(answer.KlTarget[row], 0, double.PositiveInfinity);
        Assert.InRange(answer.EssTheta[row], 0, 1);
        Assert.InRange(answer.EssTarget[row], 0, 1);
        Assert.InRange(answer.Residual[row], 0, double.PositiveInfinity);
        Assert.InRange(answer.Iterations[row], 0, int.MaxValue);
    }

    private static void Distribution(Problem problem, Answer answer, int row, Reference truth, Bounds bounds)
    {
        double[] q = answer.Q(row), logQ = answer.LogQ(row);
        double rounding = Codec.Roundoff(problem.QType) * (1 + (truth.Q.Length * Codec.SmallestNormal(problem.QType)));
        double underflow = problem.QType is DType.F32 or DType.BF16 ? truth.Q.Length * Codec.SmallestNormal(problem.QType) : 0;
        Near("sum of q", Mass(q), 1, bounds.Mass + rounding + underflow);
        Near("total variation of q", TotalVariation(q, truth.Q), 0, bounds.TotalVariation + rounding + underflow);
        for (int i = 0; i < truth.Q.Length; i++)
        {
            Token(problem, i, q[i], logQ[i], truth, bounds);
        }

        Assert.All(q.Skip(truth.Q.Length), v => Assert.Equal(0, v));
        Assert.All(logQ.Skip(truth.Q.Length), v => Assert.Equal(double.NegativeInfinity, v));
    }

    private static void Token(Problem problem, int token, double q, double logQ, Reference truth, Bounds bounds)
    {
        if (!truth.Common(token))
        {
            Assert.Equal(0, q);
            Assert.Equal(double.NegativeInfinity, logQ);
            return;
        }

        double bound = bounds.LogQ(token);
        double relative = double.ExpM1(Math.Min(bound, 700)) + Codec.Roundoff(problem.QType);
        double smallest = Codec.SmallestNormal(problem.QType) * (problem.QType == DType.F16 ? Codec.Roundoff(DType.F16) : 1);
        double largest = Math.Abs(truth.LogQ[token]) * Codec.Roundoff(problem.LogQType);
        if (Math.Abs(q - truth.Q[token]) > (truth.Q[token] * relative) + smallest)
        {
            Near($"q[{token}]", q, truth.Q[token], (truth.Q[token] * relative) + smallest);
        }

        if (Math.Abs(logQ - truth.LogQ[token]) > bound + largest)
        {
            Near($"log_q[{token}]", logQ, Codec.Round(truth.LogQ[token], problem.LogQType), bound + largest);
        }
    }

    private static void Unsolved(Problem problem, Answer answer, int row, Reference truth)
    {
        Assert.Equal(truth.Status, answer.Status[row]);
        Near("alpha", answer.Alpha[row], truth.Alpha, 0);
        Near("log_z", answer.LogZ[row], truth.LogZ, 0);
        Near("kl_theta", answer.KlTheta[row], truth.KlTheta, 0);
        Near("kl_target", answer.KlTarget[row], truth.KlTarget, 0);
        Near("ess_theta", answer.EssTheta[row], truth.EssTheta, 0);
        Near("ess_target", answer.EssTarget[row], truth.EssTarget, 0);
        Assert.Equal(truth.Q, answer.Q(row).Take(problem.Columns));
        Assert.Equal(truth.LogQ, answer.LogQ(row).Take(problem.Columns));
    }
}
