using System;

namespace Equipoise.Tests.Support;

/// <summary>Seeded rows: the hashed terms of tests/Vectors/rows.py, bit by bit.</summary>
internal static class RowMaker
{
    /// <summary>[columns] multiples of 2^−exponent, near normal, of standard deviation 37837 · 2^−(shift + exponent).</summary>
    public static double[] Hashed(ulong seed, int columns, int shift, int exponent)
    {
        double[] row = new double[columns];
        for (int i = 0; i < columns; i++)
        {
            ulong z = Mix((seed << 32) + (ulong)i + 1);
            long parts = (long)((z & 0xFFFF) + ((z >> 16) & 0xFFFF) + ((z >> 32) & 0xFFFF) + (z >> 48));
            row[i] = Math.ScaleB((parts - 131070) >> shift, -exponent);
        }

        return row;
    }

    /// <summary>Near normal logits of deviation 1.15 · 2^<paramref name="sigmaLog2"/> that every element type holds exactly.</summary>
    public static double[] Coarse(ulong seed, int columns, int sigmaLog2 = 0) => Hashed(seed, columns, 10, 5 - sigmaLog2);

    /// <summary>The same in finer steps, exact in f32 and f64.</summary>
    public static double[] Fine(ulong seed, int columns, int sigmaLog2 = 0) => Hashed(seed, columns, 2, 13 - sigmaLog2);

    /// <summary>Normal logits of deviation <paramref name="sigma"/>, by Box and Muller.</summary>
    public static double[] Normal(ulong seed, int columns, double sigma)
    {
        double[] row = new double[columns];
        for (int i = 0; i < columns; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(Uniform(seed, (2 * (ulong)i) + 1)));
            row[i] = sigma * radius * Math.Cos(2 * Math.PI * Uniform(seed, (2 * (ulong)i) + 2));
        }

        return row;
    }

    /// <summary>Rows of their own seeds.</summary>
    public static double[][] Many(int rows, Func<ulong, double[]> make, ulong seed)
    {
        double[][] all = new double[rows][];
        for (int i = 0; i < rows; i++)
        {
            all[i] = make(seed + (ulong)i);
        }

        return all;
    }

    /// <summary>In (0, 1).</summary>
    public static double Uniform(ulong seed, ulong index) => ((Mix((seed << 32) + index) >> 12) + 0.5) / (1L << 52);

    private static ulong Mix(ulong z)
    {
        z *= 0x9E3779B97F4A7C15;
        z ^= z >> 30;
        z *= 0xBF58476D1CE4E5B9;
        z ^= z >> 27;
        z *= 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
