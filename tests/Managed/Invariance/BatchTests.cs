using System;
using System.Linq;
using System.Threading.Tasks;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Invariance;

/// <summary>A row's bits depend on that row alone: not on the batch, its place in it, the number of threads or the run.</summary>
public class BatchTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Alone_in_a_batch_or_elsewhere_in_it(DType dtype)
    {
        foreach (int width in new[] { 37, 300, 4500 })
        {
            Problem batch = Mixed(width, 24).As(dtype);
            int[] order = [.. Enumerable.Range(0, 24).OrderBy(i => RowMaker.Uniform(5, (ulong)i))];
            double[][] theta = [.. order.Select(i => batch.Theta[i])], target = [.. order.Select(i => batch.Target[i])];
            Problem shuffled = batch with { Theta = theta, Target = target };
            using Answer together = batch.Solve(), mixed = shuffled.Solve();
            for (int row = 0; row < 24; row++)
            {
                using Answer alone = (batch with { Theta = [batch.Theta[row]], Target = [batch.Target[row]] }).Solve();
                Assert.Equal(alone.Bits(0), together.Bits(row));
                Assert.Equal(alone.Bits(0), mixed.Bits(Array.IndexOf(order, row)));
            }
        }
    }

    [Theory]
    [InlineData(64, 4099, DType.F32)]
    [InlineData(64, 4099, DType.BF16)]
    [InlineData(300, 200, DType.F32)]
    [InlineData(7, 20000, DType.F64)]
    [InlineData(2, 262144, DType.F32)]
    [InlineData(1, 262144, DType.F16)]
    [InlineData(1, 131072, DType.F64)]
    public void Any_number_of_threads(int rows, int width, DType dtype)
    {
        Problem batch = Mixed(width, rows).As(dtype);
        using Answer expected = batch.Solve();
        foreach (int threads in new[] { 2, 3, 8, 0 })
        {
            for (int run = 0; run < 3; run++)
            {
                using Answer answer = batch.With(o => o with { Threads = threads }).Solve();
                for (int row = 0; row < rows; row++)
                {
                    bool same = expected.Bits(row).AsSpan().SequenceEqual(answer.Bits(row));
                    Assert.True(same, $"row {row} differs with {threads} threads in run {run}");
                }
            }
        }
    }

    [Fact]
    public void A_large_row_alone_on_many_threads_is_the_one_in_a_batch()
    {
        Problem batch = Mixed(262144, 5);
        using Answer together = batch.With(o => o with { Threads = 2 }).Solve();
        for (int row = 0; row < 5; row++)
        {
            Problem single = batch with { Theta = [batch.Theta[row]], Target = [batch.Target[row]] };
            using Answer alone = single.With(o => o with { Threads = 8 }).Solve();
            Assert.True(together.Bits(row).AsSpan().SequenceEqual(alone.Bits(0)), $"row {row} differs");
        }
    }

    [Fact]
    public void Callers_at_once_do_not_meet()
    {
        Problem batch = Mixed(2000, 16);
        using Answer expected = batch.Solve();
        byte[][] bits = [.. Enumerable.Range(0, 16).Select(expected.Bits)];
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 4 }, call =>
        {
            using Answer answer = batch.With(o => o with { Threads = call % 3 }).Solve();
            for (int row = 0; row < 16; row++)
            {
                Assert.Equal(bits[row], answer.Bits(row));
            }
        });
    }

    /// <summary>Rows of every shape, one after the other.</summary>
    private static Problem Mixed(int width, int rows)
    {
        Shape[] shapes = Enum.GetValues<Shape>();
        double[][] a = new double[rows][], b = new double[rows][];
        for (int i = 0; i < rows; i++)
        {
            (a[i], b[i]) = new RowPair(500 + i, width, i % 3, (i / 3) % 3, shapes[i % shapes.Length]).Rows();
        }

        return new Problem(a, b);
    }
}
