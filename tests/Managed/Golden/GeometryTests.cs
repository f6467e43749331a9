using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>Divergences, the Fisher functions and gradients against tests/Vectors/geometry.json, 30 digits.</summary>
public sealed unsafe class GeometryTests
{
    private static readonly JsonElement Data = Read();

    private static readonly Dictionary<string, JsonElement> Cases =
        Data.GetProperty("cases").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);

    private static readonly Dictionary<string, DivergenceKind> Kinds = new()
    {
        ["kl"] = DivergenceKind.Kl,
        ["reverse_kl"] = DivergenceKind.ReverseKl,
        ["jeffreys"] = DivergenceKind.Jeffreys,
        ["jensen_shannon"] = DivergenceKind.JensenShannon,
        ["bhattacharyya"] = DivergenceKind.Bhattacharyya,
        ["hellinger"] = DivergenceKind.Hellinger,
        ["fisher_rao"] = DivergenceKind.FisherRao,
        ["total_variation"] = DivergenceKind.TotalVariation,
        ["ess"] = DivergenceKind.Ess,
        ["renyi"] = DivergenceKind.Renyi,
    };

    private static readonly Dictionary<string, FisherWeight> Weights = new()
    {
        ["1/p"] = FisherWeight.InverseP,
        ["1/q"] = FisherWeight.InverseQ,
        ["mean"] = FisherWeight.Mean,
        ["p/q^2"] = FisherWeight.POverQ2,
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Divergences_agree(string name)
    {
        using PlacedMatrix p = Place(name, "p"), q = Place(name, "q");
        foreach (JsonProperty expected in Answer(name, "divergences").EnumerateObject())
        {
            string[] kind = expected.Name.Split(' ');
            DivergenceOptions options = DivergenceOptions.Default with { Kind = Kinds[kind[0]], Threads = 1 };
            options.Order = kind.Length > 1 ? double.Parse(kind[1], CultureInfo.InvariantCulture) : options.Order;
            double value;
            Divergences.Compute(p.Matrix, q.Matrix, options, &value, null);
            Near(name, expected.Name, value, Number(expected.Value), 0);
            options.Unit = Unit.Bits;
            double bits;
            Divergences.Compute(p.Matrix, q.Matrix, options, &bits, null);
            bool isLogarithm = kind[0] is not ("hellinger" or "fisher_rao" or "total_variation" or "ess");
            Near(name, "bits", bits, isLogarithm ? value / Math.Log(2) : value, 0);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Quadratic_forms_agree(string name)
    {
        using PlacedMatrix p = Place(name, "p"), q = Place(name, "q");
        foreach (JsonProperty expected in Answer(name, "quadratics").EnumerateObject())
        {
            double value;
            RowStatus status;
            Fisher.Quadratic(p.Matrix, q.Matrix, FisherOptions.Default with { Weight = Weights[expected.Name] }, &value, &status);
            Assert.Equal(RowStatus.Ok, status);
            Near(name, expected.Name, value, Number(expected.Value), 0);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tangents_agree(string name)
    {
        using PlacedMatrix p = Place(name, "p"), v = Place(name, "v"), result = new(1, Row(name, "p").Length, DType.F64, default);
        JsonElement answer = Answer(name, "tangents");
        double largest = Row(name, "v").Max(Math.Abs);
        Fisher.Product(p.Matrix, v.Matrix, FisherOptions.Default, result.Matrix, null);
        AllNear(name, "product", result.Row(0), Numbers(answer.GetProperty("product")), largest);
        double[] dampings = Numbers(Data.GetProperty("dampings"));
        for (int i = 0; i < dampings.Length; i++)
        {
            Fisher.NaturalGradient(p.Matrix, v.Matrix, FisherOptions.Default with { Damping = dampings[i] }, result.Matrix, null);
            AllNear(name, "natural gradient", result.Row(0), Numbers(answer.GetProperty("natural")[i]), 0);
        }

        foreach (StepKl kind in Enum.GetValues<StepKl>())
        {
            double value;
            Fisher.StepKl(p.Matrix, v.Matrix, FisherOptions.Default with { StepKl = kind }, &value, null);
            Near(name, $"{kind}", value, Number(answer.GetProperty("step_kl")[(int)kind]), 0);
        }

        double delta = Data.GetProperty("delta").GetDouble(), step, quadratic, kl;
        Fisher.TrustRegion(p.Matrix, v.Matrix, FisherOptions.Default with { Delta = delta }, &step, &quadratic, &kl, null);
        Near(name, "step", step, Number(answer.GetProperty("trust_region")[0]), 0);
        Near(name, "quadratic step", quadratic, Number(answer.GetProperty("trust_region")[1]), 0);
        Assert.InRange(kl, delta * (1 - 1e-12), delta);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_agree(string name)
    {
        int columns = Row(name, "p").Length;
        using PlacedMatrix p = Place(name, "p"), q = Place(name, "q"), v = Place(name, "v");
        using PlacedMatrix first = new(1, columns, DType.F64, default), second = new(1, columns, DType.F64, default);
        JsonElement answer = Answer(name, "gradients");
        double alpha = Number(answer.GetProperty("alpha")), one = 1, ratio = LargestRatio(Row(name, "p"), Row(name, "q"));
        Matrix vector = v.Matrix, gradientFirst = first.Matrix, gradientSecond = second.Matrix;
        Cotangents given = new() { StructSize = (nuint)sizeof(Cotangents), Alpha = &one, LogQ = &vector };
        Gradients.Solve(p.Matrix, q.Matrix, SolveOptions.Default, &alpha, given, &gradientFirst, &gradientSecond, null);
        AllNear(name, "theta", first.Row(0), Numbers(answer.GetProperty("vjp")[0]), ratio);
        AllNear(name, "target", second.Row(0), Numbers(answer.GetProperty("vjp")[1]), ratio);
        Gradients.Kl(p.Matrix, q.Matrix, SolveOptions.Default, null, &gradientFirst, &gradientSecond, null);
        if (!answer.TryGetProperty("kl", out JsonElement kl))
        {
            Assert.All(first.Row(0), value => Assert.Equal(double.NaN, value));
            return;
        }

        AllNear(name, "kl in p", first.Row(0), Numbers(kl[0]), ratio);
        AllNear(name, "kl in q", second.Row(0), Numbers(kl[1]), ratio);
    }

    /// <summary>What rounding leaves of scores around 1000, of log-ratios of 2e-6, and of a token that has all but all the mass.</summary>
    private static double Tolerance(string name) => name switch { "offset" or "peaked" => 1e-11, "all but identical" => 1e-9, _ => 1e-12 };

    private static void Near(string name, string what, double actual, double expected, double terms) =>
        Check.Near($"{name}: {what}", actual, expected, (Tolerance(name) * Math.Abs(expected)) + (terms * Math.ScaleB(1, -52)));

    private static void AllNear(string name, string what, double[] actual, double[] expected, double terms)
    {
        double bound = (Tolerance(name) * expected.Max(Math.Abs)) + (terms * Math.ScaleB(1, -52));
        for (int i = 0; i < expected.Length; i++)
        {
            Check.Near($"{name}: {what}[{i}]", actual[i], expected[i], bound);
        }
    }

    private static double LargestRatio(double[] p, double[] q)
    {
        double pTop = p.Max(), qTop = q.Max();
        return p.Zip(q, (a, b) => Math.Abs(a - pTop - (b - qTop))).Where(double.IsFinite).Max();
    }

    private static PlacedMatrix Place(string name, string row)
    {
        double[] values = Row(name, row);
        PlacedMatrix matrix = new(1, values.Length, DType.F64, default);
        matrix.Fill(0, values);
        return matrix;
    }

    private static double[] Row(string name, string row) => Numbers(Cases[name].GetProperty(row));

    private static JsonElement Answer(string name, string family) => Cases[name].GetProperty("answer").GetProperty(family);

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(Number)];

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        string text => double.Parse(text, CultureInfo.InvariantCulture),
        null => throw new InvalidDataException("null is no number"),
    };

    private static JsonElement Read()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "geometry.json"));
        return JsonDocument.Parse(stream).RootElement.Clone();
    }
}
