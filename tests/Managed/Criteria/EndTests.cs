using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Criteria;

/// <summary>Rows and parameters whose answer is an end of the path, or none.</summary>
public class EndTests
{
    private const double Masked = double.NegativeInfinity;

    private static readonly double[] Whole = RowMaker.Coarse(5, 40), Other = RowMaker.Coarse(6, 40), Holed = WithHoles(6);

    public static TheoryData<DType, Method> Ways => new MatrixTheoryData<DType, Method>([DType.F32, DType.F64, DType.BF16], Enum.GetValues<Method>());

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_the_whole_path_meets_is_the_target(DType dtype, Method method)
    {
        foreach ((Criterion criterion, double number) in new[] { (Criterion.KlBudget, 100.0), (Criterion.EssFloor, 1e-9) })
        {
            using Answer answer = Solve(Whole, Other, dtype, method, criterion, number);
            Assert.Equal((RowStatus.AtTarget, 0), (answer.Status[0], answer.Alpha[0]));
            Check.Near("q", Check.TotalVariation(answer.Q(0), Reference.Of(Other, Other).Q), 0, 2 * Codec.Roundoff(dtype) + 1e-6);
            double kl = criterion == Criterion.KlBudget ? 100 - answer.KlTheta[0] : Math.Log(answer.EssTheta[0]) - Math.Log(1e-9);
            Check.Near("residual", answer.Residual[0], kl, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Parameters_that_ask_for_an_end_get_it(DType dtype, Method method)
    {
        foreach ((Criterion criterion, double first, double second, double alpha) in new[]
        {
            (Criterion.KlBudget, 0.0, 0.0, 1.0), (Criterion.EssFloor, 1, 0, 1), (Criterion.WeightedKl, 1, 0, 1), (Criterion.WeightedKl, 0, 3, 0),
        })
        {
            using Answer answer = Solve(Whole, Other, dtype, method, criterion, first, second);
            Assert.Equal((RowStatus.Ok, alpha), (answer.Status[0], answer.Alpha[0]));
            Check.Near("residual", answer.Residual[0], 0, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_nothing_meets_is_the_policy(DType dtype, Method method)
    {
        foreach ((Criterion criterion, double number) in new[] { (Criterion.KlBudget, 1e-4), (Criterion.KlBudget, 0), (Criterion.EssFloor, 0.01), (Criterion.EssFloor, 1) })
        {
            using Answer answer = Solve(Whole, Holed, dtype, method, criterion, number);
            Assert.Equal((RowStatus.AtTheta, 1), (answer.Status[0], answer.Alpha[0]));
            Assert.Equal(criterion == Criterion.EssFloor, double.IsPositiveInfinity(answer.Residual[0]));
            Assert.Equal(0, answer.EssTheta[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_ess_of_0_decides_the_balance(DType dtype, Method method)
    {
        using Answer theta = Solve(Whole, Holed, dtype, method, Criterion.EssBalance);
        using Answer target = Solve(Holed, Whole, dtype, method, Criterion.EssBalance);
        Assert.Equal((RowStatus.AtTheta, 1), (theta.Status[0], theta.Alpha[0]));
        Assert.Equal((RowStatus.AtTarget, 0), (target.Status[0], target.Alpha[0]));
        double[] shifted = WithHoles(5, 3);
        using Answer both = Solve(shifted, Holed, dtype, method, Criterion.EssBalance);
        Assert.Equal((RowStatus.Ok, 0, 0), (both.Status[0], both.EssTheta[0], both.EssTarget[0]));
        Assert.InRange(both.Alpha[0], 0.01, 0.99);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Identical_rows_and_single_columns_have_an_answer(DType dtype, Method method)
    {
        foreach ((double[] a, double[] b) in new[] { (Whole, Whole), (new double[] { 3 }, new double[] { -7 }) })
        {
            foreach (Criterion criterion in new[] { Criterion.WeightedKl, Criterion.EssBalance })
            {
                using Answer answer = Solve(a, b, dtype, method, criterion, 2, 5);
                Assert.Equal((RowStatus.Identical, 0.5, 0), (answer.Status[0], answer.Alpha[0], answer.Residual[0]));
            }

            foreach (Criterion criterion in new[] { Criterion.KlBudget, Criterion.EssFloor })
            {
                using Answer answer = Solve(a, b, dtype, method, criterion, 0.5);
                Assert.Equal((RowStatus.AtTarget, 0), (answer.Status[0], answer.Alpha[0]));
                Assert.Equal(1, answer.EssTheta[0], 1e-12);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Disjoint_and_invalid_rows_are_so_under_every_criterion(DType dtype, Method method)
    {
        double[] left = [1, 2, Masked, Masked], right = [Masked, Masked, 0, 1], bad = [double.NaN, 1, 2, 3];
        foreach (Criterion criterion in Enum.GetValues<Criterion>())
        {
            foreach (double number in new[] { 0.5, 1, 0 })
            {
                double first = criterion == Criterion.EssFloor ? Math.Max(number, 0.1) : number;
                using Answer disjoint = Solve(left, right, dtype, method, criterion, first, 1);
                using Answer invalid = Solve(bad, right, dtype, method, criterion, first, 1);
                Assert.Equal(RowStatus.Disjoint, disjoint.Status[0]);
                Assert.Equal(double.NaN, disjoint.Residual[0]);
                Assert.Equal(RowStatus.Invalid, invalid.Status[0]);
            }
        }
    }

    [Fact]
    public void Rows_that_all_but_agree_keep_their_digits()
    {
        // KLs near 1e-13: differences of f64 logarithms would leave three digits of them.
        double[] near = Array.ConvertAll(Whole, v => v * (1 + Math.ScaleB(1, -22)));
        foreach (Criterion criterion in new[] { Criterion.EssBalance, Criterion.WeightedKl, Criterion.KlSymmetry })
        {
            using Answer answer = Solve(Whole, near, DType.F64, Method.Newton, criterion, 1, 1);
            Check.Near("alpha", answer.Alpha[0], 0.5, 1e-6);
        }

        using Answer weighted = Solve(Whole, near, DType.F64, Method.Newton, Criterion.WeightedKl, 1, 4);
        Check.Near("alpha, where KL_theta is 4 times KL_target", weighted.Alpha[0], 1.0 / 3, 1e-6);
    }

    private static Answer Solve(double[] a, double[] b, DType dtype, Method method, Criterion criterion, double first = 0.5, double second = 0) =>
        new Problem(a, b).As(dtype).With(o => RootTests.Options(o, criterion, first, second) with { Method = method, MaxIterations = 60 }).Solve();

    private static double[] WithHoles(ulong seed, int from = 0)
    {
        double[] row = RowMaker.Coarse(seed, 40);
        for (int i = from; i < row.Length; i += 7)
        {
            row[i] = Masked;
        }

        return row;
    }
}
