using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Gaussians;

/// <summary>The Chernoff point of two Gaussians: golden answers, properties, and what is refused.</summary>
public unsafe class GaussianTests
{
    private static readonly Lazy<Dictionary<string, JsonElement>> Cases = new(Read);

    public static TheoryData<string> Names => [.. Cases.Value.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Golden_answers_are_met(string name)
    {
        JsonElement json = Cases.Value[name], expected = json.GetProperty("answer");
        double[][] row = [.. new[] { "mean_theta", "cov_theta", "mean_target", "cov_target" }.Select(field => Numbers(json.GetProperty(field)))];
        using GaussianAnswer actual = new([row], change: options => options with { Tolerance = 1e-12 });
        Assert.Equal(RowStatus.Ok, actual.Status(0));
        Near("alpha", actual.Alpha(0), expected, 1e-11);
        Near("mean", actual.Mean(0), expected, 1e-11);
        Near("cov", actual.Cov(0), expected, 1e-11);
        Near("log_z", actual.LogZ(0), expected, 1e-11);
        Near("kl_theta", actual.KlTheta(0), expected, 1e-11);
        Near("kl_target", actual.KlTarget(0), expected, 1e-11);
        Near("ess_theta", actual.EssTheta(0), expected, 1e-11);
        Near("ess_target", actual.EssTarget(0), expected, 1e-11);
    }

    [Fact]
    public void Diagonal_covariances_are_full_ones_with_zeros()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            double[][] row = Diagonal(seed, 6);
            double[][] full = [row[0], Matrix(row[1]), row[2], Matrix(row[3])];
            using GaussianAnswer few = new([row]), many = new([full]);
            Check.Near("alpha", many.Alpha(0)[0], few.Alpha(0)[0], 1e-13);
            Check.Near("log_z", many.LogZ(0)[0], few.LogZ(0)[0], 1e-12);
            Check.Near("ess", many.EssTheta(0)[0], few.EssTheta(0)[0], 1e-13);
            for (int i = 0; i < 6; i++)
            {
                Check.Near("mean", many.Mean(0)[i], few.Mean(0)[i], 1e-12);
                Check.Near("cov", many.Cov(0)[7 * i], few.Cov(0)[i], 1e-12);
            }
        }
    }

    [Fact]
    public void Swapping_turns_alpha_round()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            double[][] row = Diagonal(seed, 4);
            using GaussianAnswer there = new([row]), back = new([[row[2], row[3], row[0], row[1]]]);
            Check.Near("alpha", back.Alpha(0)[0], 1 - there.Alpha(0)[0], 2e-9);
            Check.Near("log_z", back.LogZ(0)[0], there.LogZ(0)[0], 1e-12);
            Check.Near("ess", back.EssTheta(0)[0], there.EssTarget(0)[0], 1e-7);
            Check.Near("KL", there.KlTheta(0)[0], there.KlTarget(0)[0], 1e-6 * Math.Max(1, there.KlTheta(0)[0]));
            Assert.InRange(there.Residual(0)[0], 0, 1e-6 * Math.Max(1, there.KlTheta(0)[0]));
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Numbers_do_not_depend_on_type_strides_batch_or_threads(DType dtype)
    {
        double[][][] rows = [.. Enumerable.Range(0, 300).Select(i => Diagonal((ulong)i, 60).Select(Coarse).ToArray())];
        using GaussianAnswer plain = new(rows), other = new(rows, dtype, options => options with { Threads = 4 }, new Layout(Gap: 5, Group: 7, GroupGap: 3));
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.Equal(plain.All(row), other.All(row));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Identical_policies_are_said_to_be(bool isFull)
    {
        double[][] row = Diagonal(3, 5);
        double[] cov = isFull ? Matrix(row[1]) : row[1];
        using GaussianAnswer answer = new([[row[0], cov, row[0], cov]]);
        Assert.Equal(RowStatus.Identical, answer.Status(0));
        Assert.Equal(0.5, answer.Alpha(0)[0]);
        Assert.Equal(row[0], answer.Mean(0));
        Assert.Equal([1, 1, 0, 0], new[] { answer.EssTheta(0)[0], answer.EssTarget(0)[0], answer.KlTheta(0)[0], answer.LogZ(0)[0] });
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_bad_number_spoils_its_row_alone(double bad)
    {
        for (int input = 0; input < 4; input++)
        {
            double[][][] rows = [Diagonal(1, 3), Diagonal(2, 3), Diagonal(3, 3)];
            using GaussianAnswer good = new(rows);
            rows[1][input][2] = bad;
            using GaussianAnswer answer = new(rows);
            Assert.Equal(RowStatus.Invalid, answer.Status(1));
            Assert.All(answer.All(1), value => Assert.Equal(double.NaN, value));
            Assert.Equal(good.All(0), answer.All(0));
            Assert.Equal(good.All(2), answer.All(2));
        }
    }

    [Fact]
    public void Skipped_rows_are_zeros_whatever_they_hold()
    {
        double[][][] rows = [Diagonal(1, 3), Diagonal(2, 3)];
        rows[0][1][0] = -1;
        byte* mask = stackalloc byte[] { 0, 1 };
        nint place = (nint)mask;
        using GaussianAnswer answer = new(rows, change: options => options with { RowMask = (byte*)place });
        Assert.Equal(RowStatus.Skipped, answer.Status(0));
        Assert.All(answer.All(0), value => Assert.Equal(0, value));
        Assert.Equal(RowStatus.Ok, answer.Status(1));
    }

    public static TheoryData<string, double[], double[], string> Refused => new()
    {
        { "a variance of 0", [1, 0], [1, 1], "cov_theta is not positive definite in row 1" },
        { "a negative variance", [1, 1], [-1, 1], "cov_target is not positive definite in row 1" },
        { "singular", [1, 1, 1, 1], [1, 0, 0, 1], "cov_theta is not positive definite in row 1" },
        { "indefinite", [1, 0, 0, 1], [1, 2, 2, 1], "cov_target is not positive definite in row 1" },
        { "asymmetric", [1, 0, 0, 1], [1, 0.5, 0, 1], "cov_target is not symmetric in row 1" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_covariance_that_is_none_is_named_with_its_row(string what, double[] theta, double[] target, string text)
    {
        Assert.NotEmpty(what);
        double[] one = theta.Length == 2 ? [1, 1] : [1, 0, 0, 1];
        double[][][] rows = [[[0, 0], one, [0, 0], one], [[0, 0], theta, [0, 0], target], [[0, 0], theta, [0, 0], target]];
        Assert.StartsWith(text, Assert.Throws<ArgumentException>(() => new GaussianAnswer(rows)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_that_disagree_are_named()
    {
        Assert.Equal("cov_theta", Assert.Throws<ArgumentException>(() => new GaussianAnswer([[[0, 0], [1, 1, 1], [0, 0], [1, 1, 1]]])).ParamName);
        Assert.Equal("cov_target", Assert.Throws<ArgumentException>(() => new GaussianAnswer([[[0, 0], [1, 1], [0, 0], [1, 0, 0, 1]]])).ParamName);
        Assert.Equal("mean_target", Assert.Throws<ArgumentException>(() => new GaussianAnswer([[[0, 0], [1, 1], [0], [1, 1]]])).ParamName);
    }

    private static double[][] Diagonal(ulong seed, int size) =>
    [
        RowMaker.Normal(2000 + (4 * seed), size, 0.5), [.. RowMaker.Normal(2001 + (4 * seed), size, 0.5).Select(Math.Exp)],
        RowMaker.Normal(2002 + (4 * seed), size, 0.5), [.. RowMaker.Normal(2003 + (4 * seed), size, 0.5).Select(Math.Exp)],
    ];

    /// <summary>Numbers that every type holds.</summary>
    private static double[] Coarse(double[] values) => Array.ConvertAll(values, x => Codec.Round(Codec.Round(x, DType.BF16), DType.F16));

    private static double[] Matrix(double[] diagonal)
    {
        double[] matrix = new double[diagonal.Length * diagonal.Length];
        for (int i = 0; i < diagonal.Length; i++)
        {
            matrix[i * (diagonal.Length + 1)] = diagonal[i];
        }

        return matrix;
    }

    private static void Near(string field, double[] actual, JsonElement answer, double bound)
    {
        double[] expected = Numbers(answer.GetProperty(field));
        for (int i = 0; i < actual.Length; i++)
        {
            Check.Near($"{field}[{i}]", actual[i], expected[i], bound * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private static double[] Numbers(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Number)] : [Number(value)];

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    private static Dictionary<string, JsonElement> Read()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "gaussian.json"));
        return JsonDocument.Parse(stream).RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.Clone());
    }
}
