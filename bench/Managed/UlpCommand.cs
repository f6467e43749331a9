using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using Equipoise.Tests.Vectors.Measurement;
using Equipoise.Vectors;

namespace Equipoise.Benchmarks;

/// <summary>
/// The table of errors: all f32 numbers of each range, or every n-th with EQUIPOISE_ULP_STRIDE=n, and 2^20 f64 ones. All take about five minutes a
/// width on one core.
/// </summary>
internal static class UlpCommand
{
    private const int F64Samples = 1 << 20;

    private static int Stride => int.TryParse(Environment.GetEnvironmentVariable("EQUIPOISE_ULP_STRIDE"), out int stride) ? Math.Max(1, stride) : 1;

    internal static int All()
    {
        JsonObject result = Results.Machine();
        result["stride"] = Stride;
        result["lines"] = Children.AtEveryWidth("ulp");
        Results.Write("ulp.json", result);
        return 0;
    }

    /// <summary>The lanes of this process's own width: narrower ones would borrow its wider instructions.</summary>
    internal static int One(string bits)
    {
        Children.RequireWidth(bits);
        JsonArray table = [];
        foreach (UlpLine line in Lines().Where(line => line.Lanes == $"{Width.Bits} bits"))
        {
            Console.WriteLine($"{line.Name,-70} {line.Error.Largest,9:F3} ULP at {line.Error.At:R}, mean {line.Error.Mean:F4}");
            table.Add(Entry(line));
        }

        Children.HandBack(table);
        return 0;
    }

    private static IEnumerable<UlpLine> Lines() =>
        UlpTable.F32.SelectMany(range => UlpTable.Measure(range, Stride))
            .Concat(UlpTable.F64.SelectMany(range => UlpTable.Measure(range, F64Samples, seed: 2)));

    private static JsonObject Entry(UlpLine line) => new()
    {
        ["function"] = line.Function,
        ["type"] = line.Type,
        ["bits"] = Width.Bits,
        ["low"] = line.Low,
        ["high"] = line.High,
        ["arguments"] = line.Error.Count,
        ["max_ulp"] = Results.Rounded(line.Error.Largest, 4),
        ["mean_ulp"] = Results.Rounded(line.Error.Mean, 4),
        ["at"] = line.Error.At,
    };
}
