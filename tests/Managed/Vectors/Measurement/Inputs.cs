using System;

namespace Equipoise.Tests.Vectors.Measurement;

/// <summary>The f32 numbers of a range in their order, and pseudo-random f64 numbers of one.</summary>
internal static class Inputs
{
    /// <summary>Arrays are filled up to a multiple of this: two of the widest registers.</summary>
    public const int Step = 32;

    /// <summary>The place of a number among all f32, from −∞ to +∞; both zeros have the place 0.</summary>
    public static int Place(float x)
    {
        int bits = BitConverter.SingleToInt32Bits(x);
        return bits >= 0 ? bits : int.MinValue - bits;
    }

    /// <summary>The number at a place.</summary>
    public static float At(int place) => BitConverter.Int32BitsToSingle(place >= 0 ? place : int.MinValue - place);

    /// <summary>How many numbers lie in [low, high] when every <paramref name="stride"/>th is taken.</summary>
    public static long Count(float low, float high, int stride) => (((long)Place(high) - Place(low)) / stride) + 1;

    /// <summary>Fills an array from the <paramref name="first"/>th number of a range on, and its rest with the range's last one.</summary>
    /// <returns>How many belong to the range.</returns>
    public static int Fill(Span<float> x, float low, float high, int stride, long first)
    {
        int count = (int)Math.Min(x.Length, Count(low, high, stride) - first);
        int start = Place(low);
        for (int i = 0; i < count; i++)
        {
            x[i] = At((int)(start + ((first + i) * stride)));
        }

        x[count..].Fill(high);
        return count;
    }

    /// <summary>Numbers of [low, high]: the ends, then half of them even in value, half even in place.</summary>
    public static void Fill(Span<double> x, double low, double high, int seed)
    {
        Random random = new(seed);
        long first = Place(low), last = Place(high);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = i % 2 == 0 ? low + ((high - low) * random.NextDouble()) : At(first + (long)((last - first) * random.NextDouble()));
        }

        (x[0], x[1]) = (low, high);
    }

    private static long Place(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        return bits >= 0 ? bits : long.MinValue - bits;
    }

    private static double At(long place) => BitConverter.Int64BitsToDouble(place >= 0 ? place : long.MinValue - place);
}
