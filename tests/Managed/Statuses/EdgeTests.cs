using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Statuses;

/// <summary>The smallest and the oddest batches.</summary>
public unsafe class EdgeTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void An_empty_batch_is_answered_with_nothing(DType dtype)
    {
        using Answer answer = new Problem(Array.Empty<double[]>(), Array.Empty<double[]>()).As(dtype).Solve();
        Assert.Equal(0, answer.Status.Length);
    }

    [Fact]
    public void An_empty_batch_needs_no_data()
    {
        Matrix nothing = new(null, DType.F32, 0, 5);
        Solution solution = new() { StructSize = (nuint)sizeof(Solution) };
        Assert.Null(Record.Exception(() => Equilibrium.Solve(nothing, nothing, SolveOptions.Default, solution)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void One_column_is_its_own_answer(DType dtype)
    {
        Problem problem = new Problem([[3], [-1000]], [[-3], [1000]]).As(dtype);
        using Answer answer = problem.Solve();
        for (int row = 0; row < 2; row++)
        {
            Assert.Equal(RowStatus.Identical, answer.Status[row]);
            Assert.Equal(0.5, answer.Alpha[row]);
            Assert.Equal([1], answer.Q(row));
            Assert.Equal([0], answer.LogQ(row));
            Assert.Equal(0, answer.KlTheta[row]);
            Assert.Equal(1, answer.EssTarget[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Identical_rows_meet_at_one_half(DType dtype)
    {
        foreach (int width in new[] { 2, 15, 16, 31, 500, 2049, 30000 })
        {
            double[] row = RowMaker.Coarse(3, width, 1);
            Problem problem = new Problem([row, row], [row, Array.ConvertAll(row, v => v + 16)]).As(dtype);
            using Answer answer = problem.Solve();
            for (int i = 0; i < (dtype is DType.F32 or DType.F64 ? 2 : 1); i++)
            {
                Assert.Equal(RowStatus.Identical, answer.Status[i]);
                Assert.Equal(0.5, answer.Alpha[i]);
                Assert.Equal(0, answer.LogZ[i]);
                Assert.Equal(0, answer.KlTheta[i]);
                Assert.Equal(0, answer.KlTarget[i]);
                Assert.Equal(1, answer.EssTheta[i]);
                Assert.Equal(0, answer.Residual[i]);
                Check.Row(problem, answer, i, problem.Expected(i));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Few_iterations_give_the_best_found_and_say_so(int sweeps)
    {
        (double[] a, double[] b) = new RowPair(31, 900, 3, 3, Shape.Plain).Rows();
        foreach (Method method in Enum.GetValues<Method>())
        {
            Problem hard = new Problem(a, b).As(DType.F64);
            Problem problem = hard.With(o => o with { Method = method, MaxIterations = sweeps, Tolerance = 1e-13 });
            using Answer answer = problem.Solve();
            Assert.Equal(RowStatus.NotConverged, answer.Status[0]);
            Assert.InRange(answer.Iterations[0], 1, sweeps);
            Reference there = problem.Expected(0).At(answer.Alpha[0]);
            Check.Near("residual", answer.Residual[0], Math.Abs(there.Mean), 1e-9);
            Check.Near("kl_theta", answer.KlTheta[0], there.KlTheta, 1e-9);
            Check.Near("q", Check.TotalVariation(answer.Q(0), there.Q), 0, 1e-9);
        }
    }
}
