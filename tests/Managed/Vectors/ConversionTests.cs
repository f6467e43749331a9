using System;
using System.Linq;
using Equipoise.Tests.Vectors.Measurement;
using Xunit;

namespace Equipoise.Tests.Vectors;

/// <summary>
/// Half-precision elements in and out: every pattern of 16 bits read; written, a sample of all f32 and, one by one, each point where the
/// rounding turns, with its neighbours.
/// </summary>
public class ConversionTests
{
    private const int Stride = 1009;

    [Fact]
    public void Every_f16_is_read_as_System_Half_reads_it() =>
        AllEqual(c => c.LoadF16, Every16Bits(), bits => BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf(bits)));

    [Fact]
    public void Every_bf16_is_the_upper_half_of_its_f32()
    {
        AllEqual(c => c.LoadBF16, Every16Bits(), bits => (uint)bits << 16);
        AllEqual(c => c.LoadInterleavedBF16, Every16Bits(), bits => (uint)bits << 16);
    }

    [Fact]
    public void F16_is_written_to_nearest_even()
    {
        float[] turns = TurningPoints(0x7c00, bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits));
        Assert.All(turns, x => Assert.Equal(BitConverter.HalfToUInt16Bits((Half)x), ToF16(x)));
        AllEqual(c => c.StoreF16, turns, ToF16);
        AllEqual(c => c.StoreF16, Sample(), ToF16);
    }

    [Fact]
    public void BF16_is_written_to_nearest_even()
    {
        float[] turns = TurningPoints(0x7f80, bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
        AllEqual(c => c.StoreBF16, turns, ToBF16);
        AllEqual(c => c.StoreBF16, Sample(), ToBF16);
        AllEqual(c => c.StoreInterleavedBF16, turns, ToBF16);
        AllEqual(c => c.StoreInterleavedBF16, Sample(), ToBF16);
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        ushort[] finite = [.. Every16Bits().Where(bits => (bits & 0x7fff) <= 0x7c00)];
        float[] numbers = [.. finite.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))];
        AllEqual(c => c.StoreF16, numbers, x => BitConverter.HalfToUInt16Bits((Half)x));
    }

    private static ushort[] Every16Bits() => [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];

    /// <summary>Of both signs: each number of the type, each middle between two, and the f32 numbers beside those.</summary>
    private static float[] TurningPoints(int infinity, Func<int, float> read)
    {
        float[] numbers = [.. Enumerable.Range(0, infinity).Select(read)];
        double last = numbers[^1], beyond = last + (last - numbers[^2]);
        var middles = numbers.Select((x, i) => (float)((x + (i + 1 < infinity ? numbers[i + 1] : beyond)) / 2));
        float[] points = [.. numbers.Concat(middles).SelectMany(x => new[] { MathF.BitDecrement(x), x, MathF.BitIncrement(x) })];
        return [.. points, .. points.Select(x => -x)];
    }

    /// <summary>Every 1009th f32 from −∞ to +∞.</summary>
    private static float[] Sample()
    {
        float[] x = new float[Inputs.Count(float.NegativeInfinity, float.PositiveInfinity, Stride) + 1];
        Inputs.Fill(x, float.NegativeInfinity, float.PositiveInfinity, Stride, 0);
        return x;
    }

    /// <summary>Rounding by whole numbers: the mantissa's last bits are cut off, and what was cut decides.</summary>
    private static ushort ToF16(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x), sign = (bits >> 16) & 0x8000, size = bits & 0x7fffffff;
        if (size >= 0x7f800000)
        {
            return (ushort)(sign | 0x7c00);
        }

        int exponent = (int)(size >> 23) - 127;
        uint mantissa = (size & 0x7fffff) | (exponent > -127 ? 0x800000u : 0);
        int cut = Math.Min(13 + Math.Max(0, -14 - exponent), 31);
        uint kept = RoundToEven(mantissa, cut) + (exponent >= -14 ? (uint)(exponent + 14) << 10 : 0);
        return (ushort)(sign | Math.Min(kept, 0x7c00));
    }

    private static ushort ToBF16(float x) => (ushort)RoundToEven(BitConverter.SingleToUInt32Bits(x), 16);

    private static uint RoundToEven(uint x, int cut)
    {
        uint kept = x >> cut, rest = x & ((1u << cut) - 1), half = 1u << (cut - 1);
        return kept + (rest > half || (rest == half && kept % 2 == 1) ? 1u : 0);
    }

    private static void AllEqual(Func<ArrayConversions, ArrayConversion<ushort, float>> load, ushort[] bits, Func<ushort, uint> expected)
    {
        foreach (LaneFunctions<float> lanes in LaneFunctions.F32)
        {
            float[] results = new float[bits.Length];
            load(lanes.Conversions!)(bits, results);
            for (int i = 0; i < bits.Length; i++)
            {
                uint actual = BitConverter.SingleToUInt32Bits(results[i]), wanted = expected(bits[i]);
                bool bothNaN = float.IsNaN(results[i]) && float.IsNaN(BitConverter.UInt32BitsToSingle(wanted));
                Assert.True(actual == wanted || bothNaN, $"{lanes.Lanes}: {bits[i]:x4} is read as {actual:x8}, not as {wanted:x8}");
            }
        }
    }

    private static void AllEqual(Func<ArrayConversions, ArrayConversion<float, ushort>> store, float[] x, Func<float, ushort> expected)
    {
        foreach (LaneFunctions<float> lanes in LaneFunctions.F32)
        {
            float[] arguments = [.. x, .. new float[Inputs.Step - (x.Length % Inputs.Step)]];
            ushort[] results = new ushort[arguments.Length];
            store(lanes.Conversions!)(arguments, results);
            for (int i = 0; i < x.Length; i++)
            {
                ushort wanted = expected(x[i]);
                Assert.True(results[i] == wanted, $"{lanes.Lanes}: {x[i]:R} is written as {results[i]:x4}, not as {wanted:x4}");
            }
        }
    }
}
