using System;
using System.Linq;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Tests.Golden;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>Rows that come in tiles against the same rows whole.</summary>
public unsafe class PartialTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    public static TheoryData<string> GoldenNames => [.. GoldenCase.Names.Where(IsInReach)];

    /// <summary>The record is what the header says it is.</summary>
    [Fact]
    public void A_record_has_its_size() => Assert.Equal(PartialStatistics.Size * sizeof(double), Unsafe.SizeOf<PartialRow>());

    /// <summary>Tiles of any width, and further sweeps where the record asks for them, against 30 digits.</summary>
    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Golden_rows_in_tiles(string name)
    {
        GoldenCase golden = GoldenCase.Named(name);
        foreach (int tile in (int[])[golden.Theta.Length, 1000, 17])
        {
            Found found = Solve(golden.Theta, golden.Target, DType.F64, tile, golden.Options);
            Assert.Equal(golden.Status, found.Status);
            if (golden.Solved)
            {
                Problem problem = new Problem(golden.Theta, golden.Target) { Options = golden.Options with { Tolerance = 1e-9 } }.As(DType.F64);
                Check.Near("alpha", found.Alpha, golden["alpha"], 1e-9 + Check.Around(problem.Expected(0), problem).Alpha);
                Check.Near("log Z", found.LogZ, golden["log_z"], 1e-11 * (1 + Math.Abs(golden["log_z"])));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Are_those_of_the_whole_row_in_every_type(DType dtype)
    {
        for (ulong seed = 1; seed < 12; seed++)
        {
            double[] a = RowMaker.Normal(seed, 3000, 0.5 * seed), b = RowMaker.Normal(seed + 100, 3000, 0.4 * seed);
            Found found = Solve(a, b, dtype, 777, SolveOptions.Default);
            Reference expected = new Problem(a, b) { ThetaType = dtype, TargetType = dtype }.Expected(0);
            Check.Near("alpha", found.Alpha, expected.Alpha, dtype == DType.F64 ? 1e-9 : 1e-6);
            Assert.Equal(RowStatus.Ok, found.Status);
        }
    }

    [Fact]
    public void The_doubt_is_above_the_error()
    {
        for (ulong seed = 1; seed < 60; seed++)
        {
            double[] a = RowMaker.Normal(seed, 400, 0.1 * seed), b = RowMaker.Normal(seed + 100, 400, 0.1 * seed);
            using Tiles tiles = new(a, b, DType.F64, 400);
            Found first = tiles.Solve(), last = tiles.Refined();
            double rounding = 1e-13 * (1 + Math.Abs(first.LogZ));
            double mean = tiles.MeanAt(first.Alpha);
            Assert.InRange(Math.Abs(mean), 0, first.Residual + rounding);
            Assert.Equal(RowStatus.Ok, last.Status);
        }
    }

    [Fact]
    public void Merging_commutes_to_the_bit()
    {
        double[] a = RowMaker.Normal(1, 500, 2), b = RowMaker.Normal(2, 500, 2);
        using Tiles left = new(a[..200], b[..200], DType.F32, 64), right = new(a[200..], b[200..], DType.F32, 300);
        double* one = stackalloc double[PartialStatistics.Size];
        double* other = stackalloc double[PartialStatistics.Size];
        new Span<double>(left.Record, PartialStatistics.Size).CopyTo(new(one, PartialStatistics.Size));
        new Span<double>(right.Record, PartialStatistics.Size).CopyTo(new(other, PartialStatistics.Size));
        PartialStatistics.Merge(right.Record, 1, one);
        PartialStatistics.Merge(left.Record, 1, other);
        Assert.True(new Span<double>(one, PartialStatistics.Size).SequenceEqual(new(other, PartialStatistics.Size)));
    }

    [Fact]
    public void Bad_arguments_leave_the_records_alone()
    {
        using Tiles tiles = new([1, 2, 3], [3, 1, 0], DType.F32, 3);
        double[] before = new Span<double>(tiles.Record, PartialStatistics.Size).ToArray();
        Matrix theta = tiles.Theta.Matrix, narrow = theta with { Columns = 2 };
        PartialOptions options = PartialOptions.Default;
        Refused("target", () => PartialStatistics.Update(theta, narrow, options, tiles.Record));
        Refused("valid_columns", () => PartialStatistics.Update(theta, theta, options with { ValidColumns = 4 }, tiles.Record));
        Refused("partials", () => PartialStatistics.Update(theta, theta, options, null));
        Refused("temperature_theta", () => PartialStatistics.Update(theta, theta, options with { TemperatureTheta = 0 }, tiles.Record));
        Refused("temperature", () => PartialStatistics.Update(theta, theta, options with { TemperatureTarget = 2 }, tiles.Record));
        Refused("threads", () => PartialStatistics.Update(theta, theta, options with { Threads = -1 }, tiles.Record));
        Refused("reserved", () => PartialStatistics.Update(theta, theta, options with { Reserved = 1 }, tiles.Record));
        Refused("tolerance", () => PartialStatistics.Solve(tiles.Record, 1, options with { Tolerance = double.NaN }, default));
        Refused("rows", () => PartialStatistics.Solve(tiles.Record, -1, options, default));
        Refused("partials", () => PartialStatistics.Merge(tiles.Record, 1, tiles.Record));
        Refused("partials", () => PartialStatistics.Sweep(theta, theta, options, tiles.Record, null, null, null));
        Refused("partials", () => PartialStatistics.Refine(tiles.Record, 1, options, null));
        Assert.Equal(before, new Span<double>(tiles.Record, PartialStatistics.Size).ToArray());
    }

    private static void Refused(string name, Action call) => Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private static bool IsInReach(string name)
    {
        GoldenCase golden = GoldenCase.Named(name);
        return golden.Options is { Scores: Scores.Logits, Criterion: Criterion.KlSymmetry, Method: Method.Newton };
    }

    private static Found Solve(double[] a, double[] b, DType dtype, int tile, in SolveOptions like)
    {
        PartialOptions options = PartialOptions.Default with { TemperatureTheta = like.TemperatureTheta, TemperatureTarget = like.TemperatureTarget };
        using Tiles tiles = new(a, b, dtype, tile, options);
        tiles.Solve();
        return tiles.Refined();
    }

    /// <summary>What was found of one row.</summary>
    private record struct Found(double Alpha, double LogZ, double Residual, RowStatus Status);

    /// <summary>One row, fed tile by tile.</summary>
    private sealed class Tiles : IDisposable
    {
        private readonly GuardedBuffer record = new(PartialStatistics.Size * sizeof(double), Edge.End);
        private readonly PlacedMatrix target;
        private readonly PartialOptions options;
        private readonly int columns;
        private readonly int tile;

        public Tiles(double[] a, double[] b, DType dtype, int tile, PartialOptions? options = null)
        {
            (columns, this.tile, this.options) = (a.Length, tile, options ?? PartialOptions.Default);
            (Theta, target) = (new(1, columns, dtype, default), new(1, columns, dtype, default));
            Theta.Fill(0, a);
            target.Fill(0, b);
            record.Span.Clear();
            ForEachTile((theta, other) => PartialStatistics.Update(theta, other, this.options, Record));
        }

        public PlacedMatrix Theta { get; }

        public double* Record => (double*)record.Data;

        public Found Solve()
        {
            double alpha, logZ, residual;
            RowStatus status;
            PartialSolution outputs = new() { Alpha = &alpha, LogZ = &logZ, Residual = &residual, RowStatus = &status };
            PartialStatistics.Solve(Record, 1, options, outputs);
            return new(alpha, logZ, residual, status);
        }

        /// <summary>After as many more sweeps as it takes.</summary>
        public Found Refined()
        {
            for (int sweep = 0; sweep < 20 && Solve().Status == RowStatus.NotConverged; sweep++)
            {
                double[] moments = Measure();
                fixed (double* sums = moments)
                {
                    PartialStatistics.Refine(Record, 1, options, sums);
                }
            }

            return Solve();
        }

        /// <summary>E_q[ℓ] at α by the definition.</summary>
        public double MeanAt(double alpha)
        {
            double[] a = Values(Theta), b = Values(target);
            Distribution p = Distribution.Of(a, Scores.Logits, 1)!, t = Distribution.Of(b, Scores.Logits, 1)!;
            Sum weight = default, mean = default;
            for (int i = 0; i < columns; i++)
            {
                double w = Math.Exp((alpha * p.Log(i)) + ((1 - alpha) * t.Log(i)));
                weight.Add(w);
                mean.Add(w * (t.Log(i) - p.Log(i)));
            }

            return mean.Value / weight.Value;
        }

        public void Dispose()
        {
            record.Dispose();
            Theta.Dispose();
            target.Dispose();
        }

        private double[] Values(PlacedMatrix matrix)
        {
            double[] values = new double[columns];
            for (int i = 0; i < columns; i++)
            {
                values[i] = Codec.Read(matrix.Matrix.Data, i, matrix.Matrix.DType);
            }

            return values;
        }

        private double[] Measure()
        {
            double[] moments = new double[PartialStatistics.MomentsSize];
            ForEachTile((theta, other) =>
            {
                fixed (double* sums = moments)
                {
                    PartialStatistics.Sweep(theta, other, options, Record, null, null, sums);
                }
            });
            return moments;
        }

        private void ForEachTile(Action<Matrix, Matrix> call)
        {
            for (int begin = 0; begin < columns; begin += tile)
            {
                call(Cut(Theta.Matrix, begin), Cut(target.Matrix, begin));
            }
        }

        private Matrix Cut(Matrix matrix, int begin)
        {
            matrix.Data = (byte*)matrix.Data + (begin * Codec.Size(matrix.DType));
            matrix.Columns = Math.Min(tile, columns - begin);
            return matrix;
        }
    }
}
