using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Equipoise.Vectors;

namespace Equipoise.Tests.Vectors.Measurement;

/// <summary>One line of the table: a function of one width over one range.</summary>
internal sealed record UlpLine(string Function, string Type, string Lanes, double Low, double High, UlpError Error)
{
    /// <summary>What tells the line from the others.</summary>
    public string Name => FormattableString.Invariant($"{Function} {Type} [{Low:R}, {High:R}] {Lanes}");
}

/// <summary>A function, the range it is measured on, and its exact value.</summary>
internal sealed record UlpCase<T>(
    string Function, T Low, T High, Func<LaneFunctions<T>, ArrayFunction<T>> Choose, Func<T, DoubleDouble> Exact)
    where T : unmanaged;

/// <summary>Errors of Exp2, Exp2OfProduct and Log, of every width that this machine runs.</summary>
internal static class UlpTable
{
    private const int Chunk = 1 << 16;

    // The lanes multiply with a f32, and 2^(x · scale) is meant of that one.
    private static readonly double ScaleF32 = (float)LaneFunctions.Scale;

    /// <summary>f32: exact values in f64, whose rounding is 2^-29 of an ULP of f32.</summary>
    public static IReadOnlyList<UlpCase<float>> F32 { get; } =
    [
        new("Exp2", -126, -1, f => f.Exp2, x => Math.Pow(2, x)),
        new("Exp2", -1, 0, f => f.Exp2, x => Math.Pow(2, x)),
        new("Exp2", 0, 127, f => f.Exp2, x => Math.Pow(2, x)),
        new("Exp2OfProduct", -173, -32, f => f.Exp2OfProduct, x => Math.Pow(2, x * ScaleF32)),
        new("Exp2OfProduct", -32, -4, f => f.Exp2OfProduct, x => Math.Pow(2, x * ScaleF32)),
        new("Exp2OfProduct", -4, 0, f => f.Exp2OfProduct, x => Math.Pow(2, x * ScaleF32)),
        new("Log", float.Epsilon, MathF.ScaleB(1, -126), f => f.Log, x => Math.Log(x)),
        new("Log", MathF.ScaleB(1, -126), 1, f => f.Log, x => Math.Log(x)),
        new("Log", 1, float.MaxValue, f => f.Log, x => Math.Log(x)),
    ];

    /// <summary>f64: samples, against twice the precision.</summary>
    public static IReadOnlyList<UlpCase<double>> F64 { get; } =
    [
        new("Exp2", -1020, -1, f => f.Exp2, x => DoubleDouble.Exp2(x)),
        new("Exp2", -1, 0, f => f.Exp2, x => DoubleDouble.Exp2(x)),
        new("Exp2", 0, 1020, f => f.Exp2, x => DoubleDouble.Exp2(x)),
        new("Exp2OfProduct", -1400, -32, f => f.Exp2OfProduct, x => DoubleDouble.Exp2((DoubleDouble)x * LaneFunctions.Scale)),
        new("Exp2OfProduct", -32, 0, f => f.Exp2OfProduct, x => DoubleDouble.Exp2((DoubleDouble)x * LaneFunctions.Scale)),
        new("Log", Math.ScaleB(1, -1022), 1, f => f.Log, DoubleDouble.Log),
        new("Log", 1, double.MaxValue, f => f.Log, DoubleDouble.Log),
    ];

    /// <summary>Every <paramref name="stride"/>th f32 of a range, at every width.</summary>
    public static IEnumerable<UlpLine> Measure(UlpCase<float> range, int stride)
    {
        UlpError[] errors = new UlpError[LaneFunctions.F32.Count];
        long chunks = (Inputs.Count(range.Low, range.High, stride) + Chunk - 1) / Chunk;
        Lock gate = new();
        Parallel.For(0, chunks, () => new UlpError[errors.Length], (chunk, _, mine) => MeasureChunk(range, stride, chunk, mine), mine =>
        {
            lock (gate)
            {
                for (int i = 0; i < errors.Length; i++)
                {
                    errors[i].Add(mine[i]);
                }
            }
        });
        return errors.Select((error, i) => new UlpLine(range.Function, "f32", LaneFunctions.F32[i].Lanes, range.Low, range.High, error));
    }

    /// <summary>As many f64 of a range, at every width.</summary>
    public static IEnumerable<UlpLine> Measure(UlpCase<double> range, int count, int seed)
    {
        double[] x = new double[count - (count % Inputs.Step)], y = new double[x.Length];
        Inputs.Fill(x, range.Low, range.High, seed);
        DoubleDouble[] exact = Array.ConvertAll(x, v => range.Exact(v));
        foreach (LaneFunctions<double> lanes in LaneFunctions.F64)
        {
            range.Choose(lanes)(x, y);
            UlpError error = default;
            for (int i = 0; i < x.Length; i++)
            {
                error.Add(x[i], y[i], exact[i]);
            }

            yield return new UlpLine(range.Function, "f64", lanes.Lanes, range.Low, range.High, error);
        }
    }

    private static UlpError[] MeasureChunk(UlpCase<float> range, int stride, long chunk, UlpError[] errors)
    {
        float[] x = new float[Chunk], y = new float[Chunk];
        double[] exact = new double[Chunk];
        int count = Inputs.Fill(x, range.Low, range.High, stride, chunk * Chunk);
        for (int i = 0; i < count; i++)
        {
            exact[i] = range.Exact(x[i]).High;
        }

        for (int width = 0; width < errors.Length; width++)
        {
            range.Choose(LaneFunctions.F32[width])(x, y);
            UlpError error = default;
            for (int i = 0; i < count; i++)
            {
                error.Add(x[i], y[i], exact[i]);
            }

            errors[width].Add(error);
        }

        return errors;
    }
}
