using System;

namespace Equipoise.Vectors;

/// <summary>
/// A number as the unevaluated sum of two f64, about 106 bits: for what f64 cannot hold, and what f64 results are measured against. Exact
/// products by fused multiply-add, exact sums after Dekker (1971) and Knuth.
/// </summary>
internal readonly record struct DoubleDouble(double High, double Low) : IReal<DoubleDouble>
{
    /// <summary>Terms of the series of e^x for |x| ≤ ln 2 / 2 / 256: what is left out is below 1e-33.</summary>
    private const int Terms = 10;

    private const int Halvings = 8;

    /// <summary>ln 2 in two parts.</summary>
    public static DoubleDouble Ln2 { get; } = new(0.6931471805599453, 2.3190468138462996e-17);

    public static double Epsilon => 1e-31;

    public static implicit operator DoubleDouble(double x) => new(x, 0);

    public static DoubleDouble operator +(DoubleDouble x, DoubleDouble y)
    {
        double sum = x.High + y.High, part = sum - x.High, rest = x.High - (sum - part) + (y.High - part);
        return Normal(sum, rest + x.Low + y.Low);
    }

    public static DoubleDouble operator -(DoubleDouble x) => new(-x.High, -x.Low);

    public static DoubleDouble operator -(DoubleDouble x, DoubleDouble y) => x + -y;

    public static DoubleDouble operator *(DoubleDouble x, DoubleDouble y)
    {
        double product = x.High * y.High, rest = Math.FusedMultiplyAdd(x.High, y.High, -product);
        return Normal(product, rest + (x.High * y.Low) + (x.Low * y.High));
    }

    public static DoubleDouble operator /(DoubleDouble x, double y)
    {
        double quotient = x.High / y, rest = Math.FusedMultiplyAdd(-quotient, y, x.High) + x.Low;
        return Normal(quotient, rest / y);
    }

    public static DoubleDouble operator /(DoubleDouble x, DoubleDouble y)
    {
        double quotient = x.High / y.High;
        return quotient + ((x - (y * quotient)) / y.High);
    }

    public static DoubleDouble Of(DoubleDouble x) => x;

    /// <summary>One step of Newton's method from f64's own.</summary>
    public static DoubleDouble Sqrt(DoubleDouble x)
    {
        double near = Math.Sqrt(x.High);
        return near == 0 ? 0 : near + ((x - ((DoubleDouble)near * near)) / (2 * near));
    }

    /// <summary>2^x for |x| below 1021.</summary>
    public static DoubleDouble Exp2(DoubleDouble x)
    {
        int n = (int)Math.Round(x.High);
        return Exp((x - n) * Ln2).Scaled(n);
    }

    /// <summary>ln x for normal x: one step of Newton's method from f64's own.</summary>
    public static DoubleDouble Log(double x)
    {
        int n = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -n), near = Math.Log(mantissa);
        DoubleDouble miss = (Exp(-near) * mantissa) - 1; // of the order of 1e-16, so that ln(1 + miss) = miss − miss²/2
        return (Ln2 * n) + near + (miss - (miss * miss / 2));
    }

    private static DoubleDouble Exp(DoubleDouble x)
    {
        DoubleDouble small = x.Scaled(-Halvings), sum = 0;
        for (int k = Terms; k >= 1; k--)
        {
            sum = (sum + 1) * small / k; // e^small − 1, which keeps its digits through the squarings
        }

        for (int i = 0; i < Halvings; i++)
        {
            sum = (sum * 2) + (sum * sum);
        }

        return sum + 1;
    }

    private static DoubleDouble Normal(double high, double low)
    {
        double sum = high + low;
        return new(sum, high - sum + low);
    }

    private DoubleDouble Scaled(int n) => new(Math.ScaleB(High, n), Math.ScaleB(Low, n));
}
