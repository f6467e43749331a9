using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using Equipoise.Vectors;

namespace Equipoise.Tests.Vectors.Measurement;

/// <summary>A function of lanes over arrays whose length is a multiple of <see cref="Inputs.Step"/>.</summary>
internal delegate void ArrayFunction<T>(ReadOnlySpan<T> arguments, Span<T> results);

/// <summary>One width and element type of the lane abstraction, called through arrays.</summary>
internal sealed record LaneFunctions<T>(
    string Lanes, int Count, ArrayFunction<T> Exp2, ArrayFunction<T> Exp2OfProduct, ArrayFunction<T> Log, ArrayConversions? Conversions)
    where T : unmanaged;

/// <summary>The conversions of f32 lanes, two results at a time for the interleaved ones.</summary>
internal sealed record ArrayConversions(
    ArrayConversion<ushort, float> LoadF16,
    ArrayConversion<ushort, float> LoadBF16,
    ArrayConversion<ushort, float> LoadInterleavedBF16,
    ArrayConversion<float, ushort> StoreF16,
    ArrayConversion<float, ushort> StoreBF16,
    ArrayConversion<float, ushort> StoreInterleavedBF16);

/// <summary>A conversion over arrays whose length is a multiple of <see cref="Inputs.Step"/>.</summary>
internal delegate void ArrayConversion<TFrom, TTo>(ReadOnlySpan<TFrom> arguments, Span<TTo> results);

/// <summary>The widths that this machine runs, widest last.</summary>
internal static class LaneFunctions
{
    /// <summary>What <c>Exp2OfProduct</c> multiplies with in a row at temperature 1: ½ log2 e.</summary>
    public const double Scale = 0.5 * 1.4426950408889634;

    /// <summary>f32 lanes.</summary>
    public static IReadOnlyList<LaneFunctions<float>> F32 { get; } = OfF32();

    /// <summary>f64 lanes.</summary>
    public static IReadOnlyList<LaneFunctions<double>> F64 { get; } = OfF64();

    private static List<LaneFunctions<float>> OfF32()
    {
        List<LaneFunctions<float>> all = [LaneCalls<float, Lanes128<float>, Vector128<float>>.All(128, hasConversions: true)];
        if (Width.Is256)
        {
            all.Add(LaneCalls<float, Lanes256<float>, Vector256<float>>.All(256, hasConversions: true));
        }

        if (Width.Is512)
        {
            all.Add(LaneCalls<float, Lanes512<float>, Vector512<float>>.All(512, hasConversions: true));
        }

        return all;
    }

    private static List<LaneFunctions<double>> OfF64()
    {
        List<LaneFunctions<double>> all = [LaneCalls<double, Lanes128<double>, Vector128<double>>.All(128, hasConversions: false)];
        if (Width.Is256)
        {
            all.Add(LaneCalls<double, Lanes256<double>, Vector256<double>>.All(256, hasConversions: false));
        }

        if (Width.Is512)
        {
            all.Add(LaneCalls<double, Lanes512<double>, Vector512<double>>.All(512, hasConversions: false));
        }

        return all;
    }
}
