using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Sampling;

/// <summary>What a truncation leaves of long rows, where a sample and one sweep find the threshold: against sorting.</summary>
public static class TruncationTests
{
    /// <summary>Seeds of rows that one sample's error bounds are tried on: a bracket that misses must be found out.</summary>
    private const int Rows = 12;

    /// <summary>How exactly f32 sums know a share of the mass.</summary>
    private const double Share = 4e-7;

    private static readonly (long TopK, double TopP, double MinP)[] Cuts =
    [
        (0, 0.95, 0), (0, 0.5, 0), (0, 0.02, 0), (0, 0.9995, 0), (0, 0.9999999, 0), (1, 1, 0), (50, 1, 0), (5000, 1, 0), (0, 1, 0.3), (0, 1, 1e-4),
        (50, 0.7, 0), (5000, 0.9, 0), (3000, 0.9, 0.05), (0, 0.9, 0.2),
    ];

    public static TheoryData<string, DType, int> Batches
    {
        get
        {
            TheoryData<string, DType, int> all = [];
            foreach (string shape in new[] { "flat", "peaked", "sorted", "masked" })
            {
                all.Add(shape, DType.F32, 51_200);
                all.Add(shape, DType.F32, 3_001);
                all.Add(shape, DType.BF16, 20_011);
                all.Add(shape, DType.F16, 1_025);
                all.Add(shape, DType.F64, 5_000);
                all.Add(shape, DType.F32, 70);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public static void LeavesWhatSortingLeaves(string shape, DType dtype, int columns)
    {
        double[][] theta = RowMaker.Many(Rows, seed => Row(shape, seed, columns), 300), target = RowMaker.Many(Rows, seed => Row(shape, seed, columns), 400);
        Problem problem = new Problem(theta, target).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha, Alpha = 0.4123456789 });
        double[][] exact = [.. Enumerable.Range(0, Rows).Select(row => problem.Expected(row).Q)];
        foreach ((long topK, double topP, double minP) in Cuts)
        {
            Drawing drawing = Drawing.Of(problem, SampleOptions.Default with { Count = 64, TopK = topK, TopP = topP, MinP = minP });
            for (int row = 0; row < Rows; row++)
            {
                (double least, double mass)[] right =
                [
                    Left(exact[row], topK, topP, minP), Left(exact[row], topK, topP * (1 - Share), minP), Left(exact[row], topK, Math.Min(1, topP * (1 + Share)), minP),
                ];
                for (int draw = row * 64; draw < (row + 1) * 64; draw++)
                {
                    double q = exact[row][drawing.Tokens[draw]], left = q / Math.Exp(drawing.LogQ[draw]);
                    bool isRight = right.Any(r => q >= r.least && Math.Abs(left - r.mass) <= 1e-6 * r.mass);
                    Assert.True(isRight, $"{shape} {dtype} {columns}, row {row}, {topK} {topP} {minP}: {left} is left instead of {right[0].mass}");
                }
            }
        }
    }

    /// <summary>Many tokens that tie about the threshold.</summary>
    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public static void TiesInThousandsStay(DType dtype)
    {
        const int columns = 40_000;
        double[] scores = [.. Enumerable.Range(0, columns).Select(i => i % 10 == 0 ? 1.0 : i % 3 == 0 ? 0.5 : -2)];
        Problem problem = new Problem(scores, scores).As(dtype);
        double[] q = problem.Expected(0).Q;
        foreach ((long topK, double topP, double minP) in Cuts)
        {
            Drawing drawing = Drawing.Of(problem, SampleOptions.Default with { Count = 8, TopK = topK, TopP = topP, MinP = minP });
            double mass = Left([.. q.Select(x => Math.Round(x, 15))], topK, topP, minP).Mass;
            Assert.All(drawing.Tokens.Zip(drawing.LogQ), draw => Check.Near("mass left", q[draw.First] / Math.Exp(draw.Second), mass, 1e-6 * mass));
        }
    }

    private static double[] Row(string shape, ulong seed, int columns)
    {
        double[] row = RowMaker.Fine(seed, columns);
        for (int i = 0; i < columns; i++)
        {
            row[i] -= shape switch
            {
                "peaked" => 1.3 * Math.Log(1 + (i * 7919L % columns)),
                "sorted" => 1.0 * Math.Log(1 + i),
                "masked" => (ulong)i % 7 == seed % 7 ? double.PositiveInfinity : 0,
                _ => 0,
            };
        }

        return row;
    }

    /// <summary>The least probability that is left, and all that is.</summary>
    private static (double Least, double Mass) Left(double[] q, long topK, double topP, double minP)
    {
        double[] sorted = [.. q.Where(x => x > 0).OrderDescending()];
        double least = topK > 0 && topK < sorted.Length ? sorted[topK - 1] : 0, wanted = topP * sorted.TakeWhile(x => x >= least).Sum(), above = 0;
        for (int i = 0; i < sorted.Length && topP < 1; i++)
        {
            above += sorted[i];
            if (above >= wanted)
            {
                least = Math.Max(least, sorted[i]);
                break;
            }
        }

        least = Math.Max(least, minP * sorted[0]);
        return (least, sorted.TakeWhile(x => x >= least).Sum());
    }
}
