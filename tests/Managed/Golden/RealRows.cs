using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Equipoise.Tests.Golden;

/// <summary>The rows of real logits in demo/data, and tests/Vectors/real.json, their answers of 30 digits.</summary>
internal static class RealRows
{
    private static readonly Lazy<JsonElement[]> Answers = new(() => ReadAnswers());

    /// <summary>π_θ's logits.</summary>
    public static double[][] Theta { get; } = Read("theta.npy");

    /// <summary>π_t's logits.</summary>
    public static double[][] Target { get; } = Read("target.npy");

    /// <summary>One number of a row's answer.</summary>
    public static double Answer(int row, string field) => Number(Answers.Value[row].GetProperty(field));

    /// <summary>log q* of a row's likeliest tokens.</summary>
    public static (int Token, double LogQ)[] LogQ(int row)
    {
        JsonElement tokens = Answers.Value[row].GetProperty("log_q");
        return [.. tokens.EnumerateObject().Select(p => (int.Parse(p.Name, CultureInfo.InvariantCulture), Number(p.Value)))];
    }

    private static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static JsonElement[] ReadAnswers()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "real.json"));
        return [.. JsonDocument.Parse(stream).RootElement.EnumerateArray()];
    }

    /// <summary>A [rows, columns] float16 array of NumPy's format, version 1.</summary>
    private static double[][] Read(string name)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", name));
        int start = 10 + BitConverter.ToUInt16(file, 8);
        string header = Encoding.ASCII.GetString(file, 10, start - 10);
        int open = header.IndexOf('(', StringComparison.Ordinal), close = header.IndexOf(')', StringComparison.Ordinal);
        if (!header.Contains("'<f2'", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{name} is not float16: {header}");
        }

        int[] shape = [.. header[(open + 1)..close].Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        Half[] values = MemoryMarshal.Cast<byte, Half>(file.AsSpan(start)).ToArray();
        return [.. values.Chunk(shape[1]).Select(row => Array.ConvertAll(row, v => (double)v))];
    }
}
