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

    /// <summary>Bisection and a fixed α answer to the bit. Newton may stop earlier where less is asked for: within its tolerance.</summary>
    [Theory]
    [MemberData(nameof(Outputs))]
    public void One_by_one_or_together(int output, DType dtype)
    {
        SolveOptions fixedAlpha = Plain with { Criterion = Criterion.FixedAlpha, Alpha = 0.3 };
        foreach (SolveOptions options in new[] { Plain, Plain with { Method = Method.Bisection }, fixedAlpha })
        {
            Problem all = Batch().As(dtype) with { Options = options };
            using Answer together = all.Solve(), alone = (all with { Wanted = (Wanted)output }).Solve();
            bool early = options is { Method: Method.Newton, Criterion: Criterion.KlSymmetry };
            foreach (Wanted each in Enum.GetValues<Wanted>().Where(w => w != Wanted.All))
            {
                for (int row = 0; row < all.Rows; row++)
                {
                    Compare(all, together, alone, each, row, ((Wanted)output).HasFlag(each), early);
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

    private static void Compare(Problem problem, Answer together, Answer alone, Wanted output, int row, bool asked, bool early)
    {
        ReadOnlySpan<byte> bytes = alone.Bytes(output, row);
        string where = $"{output} of row {row} ({problem.ThetaType}, {problem.Options.Method}, {problem.Options.Criterion})";
        if (!asked)
        {
            Assert.True(bytes.IndexOfAnyExcept((byte)0xFF) < 0, $"{where} was not asked for and written");
        }
        else if (!early)
        {
            Assert.True(bytes.SequenceEqual(together.Bytes(output, row)), $"{where} differs");
        }
        else
        {
            Near(problem, together, alone, output, row, where);
        }
    }

    private static void Near(Problem problem, Answer together, Answer alone, Wanted output, int row, string where)
    {
        Reference truth = problem.Expected(row);
        Bounds bounds = Check.Around(truth, problem);
        switch (output)
        {
            case Wanted.Q:
                double rounding = Codec.Roundoff(problem.QType) * (1 + (Width * Codec.SmallestNormal(problem.QType)));
                Check.Near(where, Check.TotalVariation(alone.Q(row), together.Q(row)), 0, 2 * (bounds.TotalVariation + rounding));
                break;
            case Wanted.LogQ:
                double[] one = alone.LogQ(row), all = together.LogQ(row);
                for (int i = 0; i < Width; i++)
                {
                    double spacing = Math.Abs(all[i]) * Codec.Roundoff(problem.LogQType);
                    Check.Near($"{where}[{i}]", one[i], all[i], truth.Common(i) ? 2 * (bounds.LogQ(i) + spacing) : 0);
                }

                break;
            case Wanted.Status: Assert.Equal(together.Status[row], alone.Status[row]); break;
            case Wanted.Iterations: Assert.InRange(alone.Iterations[row], 0, together.Iterations[row]); break;
            default:
                double bound = output switch
                {
                    Wanted.Alpha => bounds.Alpha,
                    Wanted.LogZ => bounds.LogZ,
                    Wanted.Residual => bounds.Delta,
                    Wanted.EssTheta => bounds.Ess(truth.EssTheta, 2 - truth.Alpha),
                    Wanted.EssTarget => bounds.Ess(truth.EssTarget, -truth.Alpha),
                    _ => bounds.Kl,
                };
                double value = BitConverter.ToDouble(alone.Bytes(output, row)), other = BitConverter.ToDouble(together.Bytes(output, row));
                Check.Near(where, value, other, 2 * bound);
                break;
        }
    }

    private static SolveOptions Plain => SolveOptions.Default with { Threads = 1 };

    private static Problem Batch()
    {
        Shape[] shapes = Enum.GetValues<Shape>();
        (double[] Theta, double[] Target)[] pairs = [.. shapes.Select((shape, i) => new RowPair(700 + i, Width, 1, 1, shape).Rows())];
        return new Problem([.. pairs.Select(p => p.Theta)], [.. pairs.Select(p => p.Target)]);
    }
}
