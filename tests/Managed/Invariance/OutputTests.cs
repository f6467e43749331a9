using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Invariance;

/// <summary>Each output is the same asked for alone as with all others, and what is not asked for is not written.</summary>
public class OutputTests
{
    private const int Width = 3000;

    public static TheoryData<int, DType> Outputs
    {
        get
        {
            TheoryData<int, DType> outputs = [];
            foreach (Wanted output in Enum.GetValues<Wanted>())
            {
                foreach (DType dtype in Codec.All)
                {
                    outputs.Add((int)output, dtype);
                }
            }

            return outputs;
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void One_by_one_or_together(int output, DType dtype)
    {
        foreach (SolveOptions options in new[] { Plain, Plain with { Method = Method.Bisection }, Plain with { Criterion = Criterion.FixedAlpha, Alpha = 0.3 } })
        {
            Problem all = Batch().As(dtype) with { Options = options };
            using Answer together = all.Solve(), alone = (all with { Wanted = (Wanted)output }).Solve();
            foreach (Wanted each in Enum.GetValues<Wanted>().Where(w => w != Wanted.All))
            {
                for (int row = 0; row < all.Rows; row++)
                {
                    bool asked = ((Wanted)output).HasFlag(each);
                    bool right = asked ? alone.Bytes(each, row).SequenceEqual(together.Bytes(each, row)) : alone.Bytes(each, row).IndexOfAnyExcept((byte)0xFF) < 0;
                    Assert.True(right, $"{each} of row {row} {(asked ? "differs" : "was written")} when {(Wanted)output} is asked for ({options.Method}, {options.Criterion})");
                }
            }
        }
    }

    [Fact]
    public void None_at_all_is_no_error()
    {
        using Answer answer = (Batch() with { Wanted = 0 }).Solve();
        Assert.True(answer.Bits(0).AsSpan().IndexOfAnyExcept((byte)0xFF) < 0);
    }

    private static SolveOptions Plain => SolveOptions.Default with { Threads = 1 };

    private static Problem Batch()
    {
        Shape[] shapes = Enum.GetValues<Shape>();
        (double[] Theta, double[] Target)[] pairs = [.. shapes.Select((shape, i) => new RowPair(700 + i, Width, 1, 1, shape).Rows())];
        return new Problem([.. pairs.Select(p => p.Theta)], [.. pairs.Select(p => p.Target)]);
    }
}
