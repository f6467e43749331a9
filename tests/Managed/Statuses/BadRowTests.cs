using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Statuses;

/// <summary>A bad row has a status and NaN outputs, and spoils nobody else's.</summary>
public class BadRowTests
{
    private const int Rows = 5;

    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void NaN_and_infinity_are_found_in_every_column(DType dtype)
    {
        foreach (int width in new[] { 1, 2, 17, 70, 300 })
        {
            double[] a = RowMaker.Coarse(1, width), b = RowMaker.Coarse(2, width);
            for (int column = 0; column < width; column++)
            {
                foreach (double bad in new[] { double.NaN, double.PositiveInfinity })
                {
                    Invalid(new Problem(With(a, column, bad), b).As(dtype), $"{bad} in theta's column {column} of {width}");
                    Invalid(new Problem(a, With(b, column, bad)).As(dtype), $"{bad} in the target's column {column} of {width}");
                    double[] masked = With(b, column, double.NegativeInfinity);
                    Invalid(new Problem(With(a, column, bad), masked).As(dtype), $"{bad} beside a mask, {column} of {width}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void NaN_and_infinity_are_found_in_long_rows(DType dtype)
    {
        foreach (int column in new[] { 0, 1, 2047, 2048, 2049, 4095, 4096, 5000, 6998, 6999 })
        {
            double[] a = RowMaker.Coarse(3, 7000), b = RowMaker.Coarse(4, 7000);
            a[100] = 24;
            foreach (double bad in new[] { double.NaN, double.PositiveInfinity })
            {
                Invalid(new Problem(With(a, column, bad), b).As(dtype), $"{bad} in theta's column {column}");
                Invalid(new Problem(a, With(b, column, bad)).As(dtype), $"{bad} in the target's column {column}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Neighbours_keep_every_bit(DType dtype)
    {
        foreach (int width in new[] { 9, 130, 2500 })
        {
            double[][] a = RowMaker.Many(Rows, s => RowMaker.Coarse(s, width), 10);
            double[][] b = RowMaker.Many(Rows, s => RowMaker.Coarse(s, width), 20);
            Problem good = new Problem(a, b).As(dtype);
            foreach (double[] bad in Bad(width))
            {
                Spoils(good, bad, RowStatus.Invalid);
            }
        }
    }

    [Fact]
    public void Neighbours_of_bad_probabilities_keep_every_bit()
    {
        double[] even = [.. Enumerable.Repeat(1 / 32.0, 32)];
        Problem good = new Problem([.. Enumerable.Repeat(even, Rows)], [.. Enumerable.Range(0, Rows).Select(i => Slanted(i))])
            .With(o => o with { Scores = Scores.Probs });
        double[][] wrong =
        [
            With(even, 3, -1 / 32.0), With(even, 31, (1 / 32.0) + 0.01), With(even, 0, double.NaN), new double[32], With(even, 5, 0),
        ];
        foreach (double[] bad in wrong)
        {
            Spoils(good, bad, RowStatus.Invalid);
        }
    }

    [Theory]
    [InlineData(0.0009, RowStatus.Ok)]
    [InlineData(-0.0009, RowStatus.Ok)]
    [InlineData(0.0012, RowStatus.Invalid)]
    [InlineData(-0.0012, RowStatus.Invalid)]
    public void Masses_within_a_thousandth_of_1_are_renormalised(double extra, RowStatus status)
    {
        double[] theta = With([.. Enumerable.Repeat(1 / 32.0, 32)], 7, (1 / 32.0) + extra), target = Slanted(1);
        foreach (DType dtype in new[] { DType.F32, DType.F64 })
        {
            Problem probabilities = new Problem(theta, target).As(dtype).With(o => o with { Scores = Scores.Probs });
            Assert.Equal(status, probabilities.Expected(0).Status);
            Check.AgainstReference(probabilities);
            Problem logs = new Problem(Array.ConvertAll(theta, Math.Log), Array.ConvertAll(target, Math.Log)).As(dtype);
            Check.AgainstReference(logs.With(o => o with { Scores = Scores.LogProbs }));
        }
    }

    [Fact]
    public void Disjoint_rows_keep_to_themselves()
    {
        double[] left = RowMaker.Coarse(30, 40), right = RowMaker.Coarse(31, 40);
        Array.Fill(left, double.NegativeInfinity, 0, 20);
        Array.Fill(right, double.NegativeInfinity, 20, 20);
        Problem problem = new([right, left, left], [right, right, left]);
        using Answer answer = problem.Solve();
        Assert.Equal([RowStatus.Identical, RowStatus.Disjoint, RowStatus.Identical], answer.Status.ToArray());
        Check.Row(problem, answer, 1, problem.Expected(1));
    }

    private static void Spoils(Problem good, double[] bad, RowStatus status)
    {
        using Answer expected = good.Solve();
        for (int place = 0; place < Rows; place++)
        {
            double[][] theta = [.. good.Theta], target = [.. good.Target];
            theta[place] = bad;
            Compare(expected, good with { Theta = theta }, place, status);
            target[place] = bad;
            Compare(expected, good with { Target = target }, place, status);
        }
    }

    private static void Compare(Answer expected, Problem problem, int place, RowStatus status)
    {
        using Answer answer = problem.Solve();
        for (int row = 0; row < Rows; row++)
        {
            if (row != place)
            {
                Assert.Equal(expected.Bits(row), answer.Bits(row));
            }
        }

        Assert.Equal(status, answer.Status[place]);
        AllNaN(answer, place);
    }

    private static void Invalid(Problem problem, string where)
    {
        using Answer answer = problem.Solve();
        Assert.True(answer.Status[0] == RowStatus.Invalid, $"{answer.Status[0]}: {where}");
        AllNaN(answer, 0);
    }

    private static void AllNaN(Answer answer, int row)
    {
        double[] numbers =
        [
            answer.Alpha[row], answer.LogZ[row], answer.KlTheta[row], answer.KlTarget[row],
            answer.EssTheta[row], answer.EssTarget[row], answer.Residual[row],
        ];
        Assert.All(numbers.Concat(answer.Q(row)).Concat(answer.LogQ(row)), v => Assert.Equal(double.NaN, v));
    }

    private static double[][] Bad(int width)
    {
        double[] row = RowMaker.Coarse(40, width), masked = new double[width];
        Array.Fill(masked, double.NegativeInfinity);
        return
        [
            With(row, 0, double.NaN), With(row, width - 1, double.NaN), With(row, width / 2, double.PositiveInfinity), masked,
            [.. Enumerable.Repeat(double.NaN, width)],
        ];
    }

    private static double[] Slanted(int row) =>
        [.. Enumerable.Range(0, 32).Select(i => i == row ? 9 / 64.0 : i > 24 ? 1 / 64.0 : 1 / 32.0)];

    private static double[] With(double[] row, int column, double value)
    {
        double[] changed = (double[])row.Clone();
        changed[column] = value;
        return changed;
    }
}
