using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Criteria;

/// <summary>Criteria that must coincide, parameters that must move α one way, and policies that trade places.</summary>
public unsafe class AgreementTests
{
    private static readonly double[] Theta = RowMaker.Fine(91, 700), Target = RowMaker.Fine(92, 700);

    public static TheoryData<DType, Method> Ways => new MatrixTheoryData<DType, Method>([DType.F32, DType.F64], Enum.GetValues<Method>());

    [Theory]
    [MemberData(nameof(Ways))]
    public void Equal_weights_are_KL_symmetry_to_the_bit(DType dtype, Method method) => RowPair.ForAll(40, 82, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem symmetric = new Problem(a, b).As(dtype).With(o => o with { Method = method });
        Problem weighted = symmetric.With(o => o with { Criterion = Criterion.WeightedKl, WeightTheta = 0.25, WeightTarget = 0.25 });
        using Answer one = symmetric.Solve(), other = weighted.Solve();
        Assert.Equal(one.Bytes(Wanted.Status, 0).ToArray(), other.Bytes(Wanted.Status, 0).ToArray());
        Check.Near("alpha", other.Alpha[0], one.Alpha[0], 1e-7);
        Check.Near("residual", 4 * other.Residual[0], one.Residual[0], 1e-7);
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_parameter_that_a_point_has_gives_that_point(DType dtype, Method method)
    {
        foreach (double alpha in new[] { 0.03, 0.5, 0.96 })
        {
            using Answer at = Solve(dtype, method, o => o with { Criterion = Criterion.FixedAlpha, Alpha = alpha });
            (double kl, double ess, double ratio) = (at.KlTheta[0], at.EssTheta[0], at.KlTheta[0] / at.KlTarget[0]);
            using Answer budget = Solve(dtype, method, o => o with { Criterion = Criterion.KlBudget, Budget = kl });
            using Answer floor = Solve(dtype, method, o => o with { Criterion = Criterion.EssFloor, Floor = ess });
            using Answer weighted = Solve(dtype, method, o => o with { Criterion = Criterion.WeightedKl, WeightTheta = 1, WeightTarget = ratio });
            double slack = dtype == DType.F64 || method == Method.Bisection ? 1e-6 : 2e-5;
            Check.Near("alpha by KL", budget.Alpha[0], alpha, slack);
            Check.Near("alpha by ESS", floor.Alpha[0], alpha, slack);
            Check.Near("alpha by the ratio of KLs", weighted.Alpha[0], alpha, slack);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Parameters_move_alpha_one_way(DType dtype, Method method)
    {
        (double budget, double floor, double weight) = (2, -1, -1);
        for (int i = 0; i <= 12; i++)
        {
            using Answer larger = Solve(dtype, method, o => o with { Criterion = Criterion.KlBudget, Budget = 0.001 * Math.ScaleB(1, i) });
            using Answer higher = Solve(dtype, method, o => o with { Criterion = Criterion.EssFloor, Floor = (i + 0.5) / 13 });
            using Answer heavier = Solve(dtype, method, o => o with { Criterion = Criterion.WeightedKl, WeightTheta = 0.01 * Math.ScaleB(1, i) });
            Assert.InRange(larger.Alpha[0], 0, budget);
            Assert.InRange(higher.Alpha[0], floor, 1);
            Assert.InRange(heavier.Alpha[0], weight, 1);
            (budget, floor, weight) = (larger.Alpha[0], higher.Alpha[0], heavier.Alpha[0]);
        }

        Assert.Equal(0, budget);
        Assert.InRange(floor, 0.8, 1);
        Assert.InRange(weight, 0.7, 1);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Swapping_the_policies_turns_alpha_round(DType dtype, Method method)
    {
        foreach (Criterion criterion in new[] { Criterion.WeightedKl, Criterion.EssBalance })
        {
            Problem one = new Problem(Theta, Target).As(dtype).With(o => o with { Method = method, Criterion = criterion, WeightTheta = 2, WeightTarget = 0.5 });
            Problem other = new Problem(Target, Theta).As(dtype).With(o => o with { Method = method, Criterion = criterion, WeightTheta = 0.5, WeightTarget = 2 });
            using Answer forth = one.Solve(), back = other.Solve();
            Check.Near("alpha", forth.Alpha[0], 1 - back.Alpha[0], 2e-6);
            Check.Near("kl_theta", forth.KlTheta[0], back.KlTarget[0], 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Numbers_per_row_are_the_scalars_to_the_bit(DType dtype, Method method)
    {
        double[][] a = RowMaker.Many(3, s => RowMaker.Fine(s, 301), 61), b = RowMaker.Many(3, s => RowMaker.Fine(s, 301), 71);
        double[] numbers = [0.2, 0.6, 0.9];
        foreach (Criterion criterion in Enum.GetValues<Criterion>())
        {
            fixed (double* rows = numbers)
            {
                double* each = rows;
                Problem many = new Problem(a, b).As(dtype).With(o => o with
                {
                    Method = method,
                    Criterion = criterion,
                    RowWeightTheta = each,
                    RowWeightTarget = each,
                    WeightTheta = double.NaN,
                    WeightTarget = -1,
                    RowBudget = each,
                    RowFloor = each,
                    RowAlpha = each,
                });
                using Answer together = many.Solve();
                for (int row = 0; row < 3; row++)
                {
                    double number = numbers[row];
                    Problem single = new Problem(a[row], b[row]).As(dtype).With(o => o with
                    {
                        Method = method,
                        Criterion = criterion,
                        WeightTheta = number,
                        WeightTarget = number,
                        Budget = number,
                        Floor = number,
                        Alpha = number,
                    });
                    using Answer alone = single.Solve();
                    Assert.Equal(alone.Bits(0), together.Bits(row));
                }
            }
        }
    }

    private static Answer Solve(DType dtype, Method method, Func<SolveOptions, SolveOptions> change) =>
        new Problem(Theta, Target).As(dtype).With(o => change(o) with { Method = method }).Solve();
}
