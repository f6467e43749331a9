using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Golden;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>Teachers known by their top K.</summary>
public unsafe class TopKTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    private static readonly Lazy<Dictionary<string, JsonElement>> Cases = new(Read);

    public static TheoryData<string> GoldenNames => [.. Cases.Value.Keys];

    /// <summary>The answers of 30 digits in tests/Vectors/topk.json.</summary>
    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Golden_answers(string name)
    {
        JsonElement json = Cases.Value[name], answer = json.GetProperty("answer");
        int columns = json.GetProperty("columns").GetInt32(), k = json.GetProperty("k").GetInt32();
        int first = json.GetProperty("first").GetInt32(), step = json.GetProperty("step").GetInt32();
        TopKTail tail = json.GetProperty("tail").GetString() == "bucket" ? TopKTail.Bucket : TopKTail.Renormalize;
        double temperature = json.TryGetProperty("temperature", out JsonElement given) ? given.GetDouble() : 1;
        long[] ids = [.. Enumerable.Range(0, k).Select(i => (long)((first + (i * step)) % columns))];
        double alpha, klTheta, klTarget, logZ, mass, ratio;
        TopKSolution outputs = new() { Alpha = &alpha, KlTheta = &klTheta, KlTarget = &klTarget, LogZ = &logZ, QTail = &mass, TailRatio = &ratio };
        TopKOptions options = TopKOptions.Default with { Tail = tail, TemperatureTheta = temperature, Tolerance = 1e-12 };
        Solve(GoldenCase.Row(json.GetProperty("theta"), columns), ids, GoldenCase.Row(json.GetProperty("listed"), k), DType.F64, options, outputs);

        Near("alpha", alpha, 1e-11);
        Near("kl_theta", klTheta, 1e-12);
        Near("kl_target", klTarget, 1e-12);
        Near("log_z", logZ, 1e-12);
        Near("q_tail", mass, 1e-13);
        Near("tail_ratio", ratio, 1e-9 * (1 + ratio));
        void Near(string what, double actual, double bound) =>
            Check.Near(what, actual, double.Parse(answer.GetProperty(what).GetString()!, CultureInfo.InvariantCulture), bound);
    }

    /// <summary>All tokens in another order are the whole row, in every element type, between guard pages.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Every_token_listed_is_the_whole_row(DType dtype)
    {
        const int width = 67;
        double[] a = RowMaker.Coarse(1, width), b = LogProbs(RowMaker.Coarse(2, width));
        long[] ids = [.. Enumerable.Range(0, width).Select(i => (long)(i * 5 % width))];
        double[] listed = Array.ConvertAll(ids, id => b[id]);
        double[] seen = new double[width];
        for (int k = 0; k < width; k++)
        {
            seen[ids[k]] = Codec.Round(listed[k], dtype);
        }

        double alpha, logZ;
        TopKSolution outputs = new() { Alpha = &alpha, LogZ = &logZ };
        Solve(a, ids, listed, dtype, TopKOptions.Default with { Tail = TopKTail.Renormalize, Tolerance = 1e-9 }, outputs);
        Reference truth = new Problem(a, seen) { ThetaType = dtype, TargetType = DType.F64 }.Expected(0);
        Check.Near("alpha", alpha, truth.Alpha, 1e-9);
        Check.Near("log Z", logZ, truth.LogZ, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_gradient_and_q_sum_to_what_they_should(DType dtype)
    {
        const int width = 300, k = 5;
        double[] a = RowMaker.Coarse(3, width), b = LogProbs(RowMaker.Coarse(4, width));
        long[] ids = [7, 0, 299, -1, 150];
        double[] listed = Array.ConvertAll(ids, id => id < 0 ? 0 : b[id]);
        using PlacedMatrix gradient = new(1, width, dtype, default), q = new(1, k, DType.F64, default);
        Matrix g = gradient.Matrix, chosen = q.Matrix;
        double tail, ratio;
        TopKSolution outputs = new() { Gradient = &g, Q = &chosen, QTail = &tail, TailRatio = &ratio };
        Solve(a, ids, listed, DType.F64, TopKOptions.Default, outputs);
        double sum = 0, size = 0;
        for (int i = 0; i < width; i++)
        {
            sum += Codec.Read(g.Data, i, dtype);
            size += Math.Abs(Codec.Read(g.Data, i, dtype));
        }

        Check.Near("sum", sum, 0, 2 * Codec.Roundoff(dtype) * size + 1e-14);
        Assert.True(size > 0.01);
        Assert.Equal(0, Codec.Read(chosen.Data, 3, DType.F64));
        Check.Near("q", tail + Codec.Read(chosen.Data, 0, DType.F64) + Codec.Read(chosen.Data, 1, DType.F64) + Codec.Read(chosen.Data, 2, DType.F64) + Codec.Read(chosen.Data, 4, DType.F64), 1, 1e-14);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9000)]
    [InlineData(-5)]
    public void The_id_of_a_slot_without_probability_is_not_read(long id)
    {
        double[] a = RowMaker.Coarse(5, 300), b = LogProbs(RowMaker.Coarse(6, 300));
        double alpha, empty;
        Solve(a, [7, 0, -1, 150], [b[7], b[0], 0, b[150]], DType.F32, TopKOptions.Default, new TopKSolution { Alpha = &empty });
        Solve(a, [7, 0, id, 150], [b[7], b[0], double.NegativeInfinity, b[150]], DType.F32, TopKOptions.Default, new TopKSolution { Alpha = &alpha });
        Assert.Equal(empty, alpha);
    }

    [Fact]
    public void Bad_arguments_are_named_and_nothing_is_written()
    {
        double[] a = RowMaker.Coarse(1, 9), b = LogProbs(RowMaker.Coarse(2, 9));
        double alpha = -7;
        TopKSolution outputs = new() { Alpha = &alpha };
        TopKOptions options = TopKOptions.Default;
        Refused("ids", () => Solve(a, [1, 2, 1], b[..3], DType.F32, options, outputs));
        Refused("ids", () => Solve(a, [1, 2, 9], b[..3], DType.F32, options, outputs));
        Refused("ids", () => Solve(a, [1, 2, -2], b[..3], DType.F32, options, outputs));
        Refused("ids", () => Solve(a, [1, 2, 8], b[..3], DType.F32, options with { ValidColumns = 8 }, outputs));
        Refused("valid_columns", () => Solve(a, [1, 2, 3], b[..3], DType.F32, options with { ValidColumns = 10 }, outputs));
        Refused("temperature_theta", () => Solve(a, [1, 2, 3], b[..3], DType.F32, options with { TemperatureTheta = -1 }, outputs));
        Refused("tail", () => Solve(a, [1, 2, 3], b[..3], DType.F32, options with { Tail = (TopKTail)2 }, outputs));
        Refused("tolerance", () => Solve(a, [1, 2, 3], b[..3], DType.F32, options with { Tolerance = 0 }, outputs));
        Refused("reserved", () => Solve(a, [1, 2, 3], b[..3], DType.F32, options with { Reserved = 1 }, outputs));
        Refused("log_probs", () => Solve(new double[5000], new long[4097], new double[4097], DType.F32, options, outputs));
        Assert.Equal(-7, alpha);
    }

    private static Dictionary<string, JsonElement> Read()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "topk.json"));
        return JsonDocument.Parse(stream).RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.Clone());
    }

    private static void Refused(string name, Action call) => Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private static double[] LogProbs(double[] logits)
    {
        double mass = logits.Sum(Math.Exp);
        return Array.ConvertAll(logits, v => v - Math.Log(mass));
    }

    private static void Solve(double[] a, long[] ids, double[] logProbs, DType dtype, TopKOptions options, TopKSolution outputs)
    {
        using PlacedMatrix theta = new(1, a.Length, dtype, default), listed = new(1, logProbs.Length, dtype, default);
        theta.Fill(0, a);
        listed.Fill(0, logProbs);
        using GuardedBuffer places = new(ids.Length * sizeof(long), Edge.End);
        ids.CopyTo(new Span<long>(places.Data, ids.Length));
        TopK.Solve(theta.Matrix, (long*)places.Data, listed.Matrix, options, outputs);
    }
}
