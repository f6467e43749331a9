using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.SeveralTargets;

/// <summary>What makes a β the optimum, and what it does not depend on.</summary>
public unsafe class ManyPropertyTests
{
    private static readonly int[] Counts = [2, 3, 5, 9, 16];

    private static Func<SolveManyOptions, SolveManyOptions> Fine => options => options with { Tolerance = 1e-10 };

    public static TheoryData<int> PolicyCounts => [.. Counts];

    [Theory]
    [MemberData(nameof(PolicyCounts))]
    public void KLs_of_those_that_take_part_are_equal_and_the_largest(int count)
    {
        using ManyAnswer answer = new(Rows(20, count, 300), change: Fine);
        for (int row = 0; row < 20; row++)
        {
            double[] beta = answer.Beta(row), kl = answer.Kl(row);
            Assert.Equal(RowStatus.Ok, answer.Status(row));
            Check.Near("sum of beta", beta.Sum(), 1, 1e-14);
            Check.Near("sum of q", answer.Q(row).Sum(), 1, 1e-13);
            Assert.All(beta, b => Assert.True(b >= 0));
            for (int i = 0; i < count; i++)
            {
                Assert.InRange(kl[i], 0, kl.Max());
                Assert.True(beta[i] == 0 || kl.Max() - kl[i] <= answer.Residual(row));
            }

            Assert.InRange(answer.Residual(row), 0, 1e-10 * Math.Max(1, kl.Max()));
            Check.Near("duality", kl.Max(), -answer.LogZ(row), 1e-9);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Policies_that_peak_hundreds_of_nats_apart_are_solved(int sigmaLog2)
    {
        double[][][] rows = [.. Enumerable.Range(0, 40).Select(row => Enumerable.Range(0, 2 + (row % 8)).Select(
            i => RowMaker.Normal((ulong)(5000 + (100 * row) + i), 17 + row, Math.ScaleB(1, sigmaLog2))).ToArray())];
        foreach (double[][] row in rows)
        {
            using ManyAnswer answer = new([row]);
            Assert.Equal(RowStatus.Ok, answer.Status(0));
            Assert.InRange(answer.Residual(0), 0, 1e-6 * Math.Max(1, answer.Kl(0).Max()));
            Check.Near("duality", answer.Kl(0).Max(), -answer.LogZ(0), 2e-6 * answer.Kl(0).Max());
        }
    }

    [Fact]
    public void Nothing_is_allocated_once_a_thread_has_solved_such_a_row()
    {
        double[] a = RowMaker.Coarse(1, 3000), b = RowMaker.Coarse(2, 3000), q = new double[3000];
        fixed (double* first = a, second = b, to = q)
        {
            Span<Matrix> policies = stackalloc Matrix[] { new Matrix(first, DType.F64, 1, 3000), new Matrix(second, DType.F64, 1, 3000) };
            Matrix view = new(to, DType.F64, 1, 3000);
            ManySolution solution = new() { Q = &view };
            SolveManyOptions options = SolveManyOptions.Default with { Threads = 1 };
            Equipoise.SeveralTargets.Solve(policies, options, solution);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Equipoise.SeveralTargets.Solve(policies, options, solution);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void KLs_are_their_definition()
    {
        double[][][] rows = Rows(5, 4, 200);
        using ManyAnswer answer = new(rows);
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < 4; i++)
            {
                Distribution policy = Distribution.Of(rows[row][i], Scores.Logits, 1)!;
                double[] q = answer.Q(row), logQ = answer.LogQ(row);
                double kl = Enumerable.Range(0, q.Length).Sum(y => q[y] * (logQ[y] - policy.Log(y)));
                Check.Near("KL", answer.Kl(row)[i], kl, 1e-13);
            }
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-2)]
    [InlineData(1e-4)]
    public void Two_policies_are_the_point_that_solve_finds(double apart)
    {
        double[][][] rows = [.. Enumerable.Range(0, 30).Select(r => Pair((ulong)r, apart))];
        using ManyAnswer answer = new(rows);
        double* alpha = stackalloc double[rows.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            fixed (double* a = rows[row][0], b = rows[row][1])
            {
                Solution solution = new() { Alpha = alpha + row };
                Equilibrium.Solve(new Matrix(a, DType.F64, 1, 400), new Matrix(b, DType.F64, 1, 400), SolveOptions.Default with { Tolerance = 1e-12, Threads = 1 }, solution);
            }

            Check.Near("beta_0", answer.Beta(row)[0], alpha[row], 1e-6);
        }
    }

    [Fact]
    public void Order_permutes_beta_and_leaves_q()
    {
        double[][][] rows = Rows(10, 5, 150), reversed = [.. rows.Select(row => row.Reverse().ToArray())];
        using ManyAnswer answer = new(rows, change: Fine), mirrored = new(reversed, change: Fine);
        for (int row = 0; row < rows.Length; row++)
        {
            foreach ((double there, double here) in mirrored.Beta(row).Reverse().Zip(answer.Beta(row)))
            {
                Check.Near("beta", there, here, 1e-9);
            }

            Assert.InRange(Check.TotalVariation(mirrored.Q(row), answer.Q(row)), 0, 1e-10);
        }
    }

    [Fact]
    public void Duplicates_share_and_leave_q()
    {
        double[][][] rows = Rows(10, 3, 150), doubled = [.. rows.Select(row => new[] { row[0], row[1], row[1], row[2], row[2], row[2] })];
        using ManyAnswer answer = new(rows, change: Fine), twice = new(doubled, change: Fine);
        for (int row = 0; row < rows.Length; row++)
        {
            double[] few = answer.Beta(row), many = twice.Beta(row);
            Assert.Equal(RowStatus.Ok, twice.Status(row));
            Check.Near("beta", many[1] + many[2], few[1], 1e-9);
            Check.Near("its double's", many[1], many[2], 1e-9);
            Check.Near("its triple's", many[3], many[5], 1e-9);
            Assert.InRange(Check.TotalVariation(twice.Q(row), answer.Q(row)), 0, 1e-10);
        }
    }

    [Fact]
    public void A_policy_between_two_others_adds_nothing()
    {
        double[][][] rows = Rows(10, 2, 150);
        double[][][] more = [.. rows.Select(row => new[] { row[0], row[1], [.. row[0].Zip(row[1], (a, b) => (0.3 * a) + (0.7 * b))] })];
        using ManyAnswer answer = new(rows, change: Fine), with = new(more, change: Fine);
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.Equal(RowStatus.Ok, with.Status(row));
            Assert.Equal(0, with.Beta(row)[2]);
            Assert.InRange(Check.TotalVariation(with.Q(row), answer.Q(row)), 0, 1e-9);
        }
    }

    [Fact]
    public void A_weight_on_cost_buys_less_of_it()
    {
        double[][][] rows = [Rows(1, 3, 200)[0]];
        double[] costs = [.. Enumerable.Range(0, 200).Select(y => (y % 10) / 10.0)];
        double before = double.PositiveInfinity;
        foreach (double weight in new[] { 0, 0.5, 1, 2, 8 })
        {
            using ManyAnswer answer = new(rows, change: options => Fine(options) with { CostWeight = weight }, costs: [costs]);
            double mean = answer.Q(0).Zip(costs, (q, c) => q * c).Sum();
            Assert.Equal(RowStatus.Ok, answer.Status(0));
            Assert.True(mean < before);
            before = mean;
        }
    }

    [Fact]
    public void Weights_and_costs_may_be_of_each_row()
    {
        double[][][] rows = Rows(3, 3, 90);
        double[][] costs = [.. Enumerable.Range(0, 3).Select(row => RowMaker.Coarse(700 + (ulong)row, 90))];
        double* weights = stackalloc double[] { 0.5, 0, 2 };
        double[] alone = [0.5, 0, 2];
        nint place = (nint)weights;
        using ManyAnswer together = new(rows, change: options => options with { RowCostWeight = (double*)place }, costs: costs);
        for (int row = 0; row < 3; row++)
        {
            int one = row;
            using ManyAnswer answer = new([rows[row]], change: options => options with { CostWeight = alone[one] }, costs: [costs[row]]);
            Assert.Equal(answer.Bits(0), together.Bits(row));
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Bits_do_not_depend_on_place_padding_or_batch(DType dtype)
    {
        double[][][] rows = Rows(6, 3, 70);
        using ManyAnswer together = new(rows, dtype, layout: new Layout(Gap: 3, Group: 2, GroupGap: 5, Padding: 4), output: dtype);
        Assert.True(together.GapsUntouched());
        for (int row = 0; row < rows.Length; row++)
        {
            using ManyAnswer alone = new([rows[row]], dtype, output: dtype);
            Assert.Equal(alone.Beta(0), together.Beta(row));
            Assert.Equal(alone.Q(0), together.Q(row).Take(70));
            Assert.Equal(alone.LogQ(0), together.LogQ(row).Take(70));
            Assert.All(together.Q(row).Skip(70), v => Assert.Equal(0, v));
            Assert.All(together.LogQ(row).Skip(70), v => Assert.Equal(double.NegativeInfinity, v));
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads_also_within_a_long_row()
    {
        double[][][] rows = Rows(1, 3, 70001);
        using ManyAnswer alone = new(rows), shared = new(rows, change: options => options with { Threads = 4 });
        Assert.Equal(alone.Bits(0), shared.Bits(0));
    }

    private static double[][] Pair(ulong seed, double apart)
    {
        double[] first = RowMaker.Normal(800 + seed, 400, 1.5);
        return [first, [.. first.Zip(RowMaker.Normal(900 + seed, 400, apart), (a, b) => a + b)]];
    }

    private static double[][][] Rows(int rows, int count, int columns) =>
    [
        .. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, count).Select(
            i => RowMaker.Coarse((ulong)(1000 + (100 * row) + i), columns, (i % 4) - 1)).ToArray()),
    ];
}
