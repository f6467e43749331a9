using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Sampling;

/// <summary>What a draw may depend on, what is said of it, and what is refused.</summary>
public static class SamplerTests
{
    private const int Rows = 5;

    private static readonly SampleOptions[] Ways =
    [
        SampleOptions.Default with { Count = 40, Seed = 3 },
        SampleOptions.Default with { Count = 40, Seed = 3, TopP = 0.8 },
        SampleOptions.Default with { Count = 40, Seed = 3, WithoutReplacement = 1 },
    ];

    public static TheoryData<int, DType> WaysAndTypes
    {
        get
        {
            TheoryData<int, DType> all = [];
            for (int way = 0; way < Ways.Length; way++)
            {
                Array.ForEach(Codec.All, dtype => all.Add(way, dtype));
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndTypes))]
    public static void BitsDependOnTheRowAndItsStreamAlone(int way, DType dtype)
    {
        Problem batch = Mixed(Rows, 4100).As(dtype);
        Drawing whole = Drawing.Of(batch, Ways[way]);
        Drawing shared = Drawing.Of(batch.With(o => o with { Threads = 0 }), Ways[way]);
        Layout layout = new() { Gap = 3, Offset = 1, Padding = 2 };
        Drawing strided = Drawing.Of(batch with { ThetaLayout = layout, TargetLayout = layout with { Gap = 7 } }, Ways[way]);
        for (int row = 0; row < Rows; row++)
        {
            Problem one = new Problem(batch.Theta[row], batch.Target[row]).As(dtype);
            long[] bits = whole.Bits(row);
            Assert.Equal(bits, Drawing.Of(one, Ways[way] with { Stream = (ulong)row }).Bits(0));
            Assert.Equal(bits, Drawing.Of(one, Ways[way] with { Stream = 99 }, [(ulong)row]).Bits(0));
            Assert.Equal(bits, shared.Bits(row));
            Assert.Equal(bits, strided.Bits(row));
        }
    }

    /// <summary>A long row goes to the workers piece by piece.</summary>
    [Fact]
    public static void ThreadsThatShareARowChangeNoBit()
    {
        Problem problem = new(RowMaker.Fine(1, 300_000), RowMaker.Fine(2, 300_000));
        foreach (SampleOptions way in Ways)
        {
            Drawing alone = Drawing.Of(problem, way), shared = Drawing.Of(problem.With(o => o with { Threads = 4 }), way);
            Assert.Equal(alone.Bits(0), shared.Bits(0));
        }
    }

    /// <summary>Few draws are looked up as they come, many are sorted first, in groups.</summary>
    [Fact]
    public static void ADrawDoesNotDependOnHowManyThereAre()
    {
        Problem problem = Mixed(1, 2000);
        Drawing many = Drawing.Of(problem, SampleOptions.Default with { Count = 10_000, Seed = 3 });
        foreach (long first in new[] { 0L, 5, 4090, 9_990 })
        {
            Drawing few = Drawing.Of(problem, SampleOptions.Default with { Count = 10, Seed = 3, Offset = (ulong)first });
            Assert.Equal(many.Tokens.AsSpan((int)first, 10).ToArray(), few.Tokens);
            Assert.Equal(many.LogQ.AsSpan((int)first, 10).ToArray(), few.LogQ);
        }
    }

    [Theory]
    [InlineData(DType.F32, 1e-6)]
    [InlineData(DType.F64, 1e-13)]
    [InlineData(DType.BF16, 1e-6)]
    public static void LogarithmsAreThoseOfTheReference(DType dtype, double error)
    {
        RowPair.ForAll(60, 2026, pair =>
        {
            (double[] theta, double[] target) = pair.Rows();
            Problem problem = new Problem(theta, target).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha, Alpha = 0.25 });
            Reference expected = problem.Expected(0);
            Drawing drawing = Drawing.Of(problem, SampleOptions.Default with { Count = 20 });
            Assert.Equal(expected.Status, drawing.Status[0]);
            for (int i = 0; i < 20 && expected.Solved; i++)
            {
                int token = (int)drawing.Tokens[i];
                Assert.True(expected.Common(token));
                double scale = 1 + Math.Abs(expected.Theta.Below[token]) + Math.Abs(expected.Target.Below[token]);
                Assert.InRange(drawing.LogQ[i] - expected.LogQ[token], -error * scale, error * scale);
                Assert.InRange(drawing.LogTheta[i] - expected.Theta.Log(token), -error * scale, error * scale);
                Assert.InRange(drawing.LogTarget[i] - expected.Target.Log(token), -error * scale, error * scale);
            }
        });
    }

    /// <summary>
    /// Scores apart by thousands of nats, where f32 cannot hold the point, and pseudo-masks of −1e30. Most tokens' probabilities underflow, so
    /// that there are too few to be drawn without replacement.
    /// </summary>
    [Fact]
    public static void FarRowsAreDrawnFromInF64()
    {
        double[] theta = RowMaker.Fine(5, 1000), target = RowMaker.Fine(6, 1000);
        (theta[3], target[900]) = (5000, 6000);
        theta[10] = target[20] = -1e30;
        foreach (SampleOptions way in Ways)
        {
            Problem problem = new Problem(theta, target).As(DType.F64);
            Drawing drawing = Drawing.Of(problem, way);
            Reference expected = problem.Expected(0);
            for (int i = 0; i < 40; i++)
            {
                int token = (int)drawing.Tokens[i];
                if (token == -1)
                {
                    Assert.True(way.WithoutReplacement != 0 && i >= 2);
                    continue;
                }

                Assert.True(token is 3 or 900 && drawing.LogQ[i] <= 0);
                double slack = way.TopP < 1 ? Math.Log(1 / 0.8) + 1e-9 : 1e-9;
                Assert.InRange(drawing.LogQ[i] - expected.LogQ[token], -1e-9, slack);
            }
        }
    }

    /// <summary>Every tie stays, in whatever place, and rows of equal scores are nothing but ties.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3000)]
    public static void TiesOfTheLastTokenStay(int columns)
    {
        Problem problem = new(new double[columns], new double[columns]);
        foreach (SampleOptions way in new[] { Ways[0] with { TopK = 1 }, Ways[0] with { TopP = 0.1 }, Ways[0] with { MinP = 1 } })
        {
            Drawing drawing = Drawing.Of(problem, way);
            Assert.All(drawing.LogQ, logQ => Assert.Equal(-Math.Log(columns), logQ, 12));
        }
    }

    [Fact]
    public static void WrongOptionsAreNamed()
    {
        Problem problem = Mixed(1, 10);
        Refused("count", problem, SampleOptions.Default with { Count = -1 });
        Refused("count", problem, SampleOptions.Default with { Count = long.MaxValue });
        Refused("top_k", problem, SampleOptions.Default with { TopK = -1 });
        Refused("top_p", problem, SampleOptions.Default with { TopP = 0 });
        Refused("top_p", problem, SampleOptions.Default with { TopP = double.NaN });
        Refused("min_p", problem, SampleOptions.Default with { MinP = 1.1 });
        Refused("reserved", problem, SampleOptions.Default with { Reserved = 1 });
        Refused("tolerance", problem.With(o => o with { Tolerance = 0 }), SampleOptions.Default);
    }

    private static unsafe void Refused(string name, Problem problem, SampleOptions options)
    {
        using PlacedMatrix theta = problem.PlaceTheta(), target = problem.PlaceTarget();
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => Sampler.Draw(theta.Matrix, target.Matrix, problem.Options, options, default));
        Assert.Equal(name, error.ParamName);
    }

    /// <summary>Plain, peaked, masked and near-identical rows in one batch.</summary>
    private static Problem Mixed(int rows, int columns)
    {
        double[][] theta = RowMaker.Many(rows, seed => RowMaker.Coarse(seed, columns, 1), 50);
        double[][] target = RowMaker.Many(rows, seed => RowMaker.Coarse(seed, columns, 1), 70);
        for (int row = 1; row < rows; row++)
        {
            switch (row % 4)
            {
                case 1: theta[row][row] = target[row][row] = 20; break;
                case 2: theta[row][row] = target[row][columns / 2] = double.NegativeInfinity; break;
                case 3: target[row] = Array.ConvertAll(theta[row], v => v * (1 - Math.ScaleB(1, -7))); break;
            }
        }

        return new Problem(theta, target);
    }
}
