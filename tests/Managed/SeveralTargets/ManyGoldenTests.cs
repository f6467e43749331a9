using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Golden;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.SeveralTargets;

/// <summary>The answers of 30 digits in tests/Vectors/many.json, found there by trying every subset of the policies.</summary>
public class ManyGoldenTests
{
    private static readonly Lazy<Dictionary<string, JsonElement>> Cases = new(Read);

    public static IEnumerable<TheoryDataRow<string, DType>> All =>
        from name in Cases.Value.Keys
        from dtype in Codec.All
        where Policies(Cases.Value[name]).All(policy => Codec.Holds(policy, dtype))
        select new TheoryDataRow<string, DType>(name, dtype);

    [Theory]
    [MemberData(nameof(All))]
    public void Are_met(string name, DType dtype)
    {
        JsonElement json = Cases.Value[name], answer = json.GetProperty("answer");
        int columns = json.GetProperty("columns").GetInt32();
        double[][]? cost = json.TryGetProperty("cost", out JsonElement costs) ? [GoldenCase.Row(costs, columns)] : null;
        double weight = cost == null ? 0 : json.GetProperty("cost_weight").GetDouble();
        using ManyAnswer actual = new([Policies(json)], dtype, options => options with { CostWeight = weight, Tolerance = 1e-12 }, cost);

        Assert.Equal(RowStatus.Ok, actual.Status(0));
        Near("beta", actual.Beta(0), Numbers(answer.GetProperty("beta")), 1e-12);
        Near("kl", actual.Kl(0), Numbers(answer.GetProperty("kl")), 1e-11);
        Check.Near("log_z", actual.LogZ(0), Number(answer.GetProperty("log_z")), 1e-13);
        foreach (JsonProperty token in answer.GetProperty("q").EnumerateObject())
        {
            int y = int.Parse(token.Name, CultureInfo.InvariantCulture);
            Check.Near($"q[{y}]", actual.Q(0)[y], Number(token.Value), 1e-12);
            Check.Near($"log_q[{y}]", Math.Exp(actual.LogQ(0)[y]), Number(token.Value), 1e-12);
        }
    }

    private static double[][] Policies(JsonElement json) =>
        [.. json.GetProperty("policies").EnumerateArray().Select(spec => GoldenCase.Row(spec, json.GetProperty("columns").GetInt32()))];

    private static void Near(string what, double[] actual, double[] expected, double bound)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Check.Near($"{what}[{i}]", actual[i], expected[i], bound);
        }
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(Number)];

    private static double Number(JsonElement value) => double.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    private static Dictionary<string, JsonElement> Read()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "many.json"));
        return JsonDocument.Parse(stream).RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.Clone());
    }
}
