using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Equipoise.Tests.Support;

namespace Equipoise.Tests.Golden;

/// <summary>One row of tests/Vectors/golden.json with its answer of 30 digits.</summary>
internal sealed class GoldenCase
{
    private static readonly Lazy<Dictionary<string, JsonElement>> File = new(Read);

    private readonly JsonElement answer;

    private GoldenCase(JsonElement json)
    {
        int columns = json.GetProperty("columns").GetInt32();
        Theta = Row(json.GetProperty("theta"), columns);
        Target = Row(json.GetProperty("target"), columns);
        answer = json.GetProperty("answer");
        Options = SolveOptions.Default with { Threads = 1 };
        foreach (JsonProperty option in json.GetProperty("options").EnumerateObject())
        {
            Options = Choose(Options, option.Name, option.Value);
        }
    }

    /// <summary>The names of all cases.</summary>
    public static IEnumerable<string> Names => File.Value.Keys;

    public double[] Theta { get; }

    public double[] Target { get; }

    public SolveOptions Options { get; }

    public RowStatus Status => Enum.Parse<RowStatus>(answer.GetProperty("status").GetString()!.Replace("_", ""), ignoreCase: true);

    /// <summary>Whether the row has a point on the path, and so numbers.</summary>
    public bool Solved => answer.TryGetProperty("alpha", out _);

    /// <summary>log q of the tokens that were written down.</summary>
    public IEnumerable<(int Token, double LogQ)> LogQ =>
        answer.GetProperty("log_q").EnumerateObject().Select(p => (int.Parse(p.Name, CultureInfo.InvariantCulture), Number(p.Value)));

    /// <summary>One number of the answer.</summary>
    public double this[string field] => Number(answer.GetProperty(field));

    /// <summary>The case of that name.</summary>
    public static GoldenCase Named(string name) => new(File.Value[name]);

    /// <summary>Whether the type holds both rows exactly.</summary>
    public bool Fits(DType dtype) => Codec.Holds(Theta, dtype) && Codec.Holds(Target, dtype);

    private static Dictionary<string, JsonElement> Read()
    {
        using FileStream stream = System.IO.File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "golden.json"));
        return JsonDocument.Parse(stream).RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);
    }

    private static SolveOptions Choose(SolveOptions options, string name, JsonElement value) => name switch
    {
        "scores" => options with { Scores = value.GetString() == "probs" ? Scores.Probs : Scores.LogProbs },
        "criterion" => options with { Criterion = Criterion.FixedAlpha },
        "alpha" => options with { Alpha = value.GetDouble() },
        "temperature_theta" => options with { TemperatureTheta = value.GetDouble() },
        "temperature_target" => options with { TemperatureTarget = value.GetDouble() },
        _ => throw new InvalidDataException($"golden.json has an option {name}"),
    };

    /// <summary>A row as tests/Vectors/rows.py describes it.</summary>
    internal static double[] Row(JsonElement spec, int columns)
    {
        if (spec.TryGetProperty("values", out JsonElement values))
        {
            return [.. values.EnumerateArray().Select(Number)];
        }

        double[] row = new double[columns];
        Array.Fill(row, spec.TryGetProperty("add", out JsonElement add) ? add.GetDouble() : 0);
        foreach (JsonElement term in Items(spec, "terms"))
        {
            double[] hashed = RowMaker.Hashed(term.GetProperty("seed").GetUInt64(), columns, term.GetProperty("shift").GetInt32(),
                term.GetProperty("exponent").GetInt32());
            row = [.. row.Zip(hashed, (x, y) => x + y)];
        }

        Mask(spec, row);
        foreach (JsonElement edit in Items(spec, "edits"))
        {
            row[edit[0].GetInt32()] = Number(edit[1]);
        }

        return row;
    }

    private static void Mask(JsonElement spec, double[] row)
    {
        if (spec.TryGetProperty("mask", out JsonElement mask))
        {
            for (int i = mask.GetProperty("first").GetInt32(); i < row.Length; i += mask.GetProperty("every").GetInt32())
            {
                row[i] = double.NegativeInfinity;
            }
        }
    }

    private static IEnumerable<JsonElement> Items(JsonElement spec, string name) =>
        spec.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray() : [];

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : Special(value);

    private static double Special(JsonElement value) => value.GetString() switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        string digits => double.Parse(digits, CultureInfo.InvariantCulture),
        null => throw new InvalidDataException("golden.json has a null"),
    };
}
