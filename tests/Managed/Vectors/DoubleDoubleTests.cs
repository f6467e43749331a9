using System;
using System.Globalization;
using System.Numerics;
using Equipoise.Vectors;
using Xunit;

namespace Equipoise.Tests.Vectors;

/// <summary>The yardstick of the f64 functions, against numbers of 40 digits.</summary>
public class DoubleDoubleTests
{
    private const int Digits = 40;

    [Theory]
    [InlineData(0.5, "1.4142135623730950488016887242096980785697")]
    [InlineData(-0.5, "0.7071067811865475244008443621048490392848")]
    [InlineData(0.25, "1.1892071150027210667174999705604759152930")]
    [InlineData(-0.125, "0.9170040432046712317435415947941444280387")]
    [InlineData(1.5, "2.8284271247461900976033774484193961571393")]
    public void Powers_of_two(double x, string expected) => Near(DoubleDouble.Exp2(x), expected);

    [Theory]
    [InlineData(2.0, "0.6931471805599453094172321214581765680755")]
    [InlineData(3.0, "1.0986122886681096913952452369225257046475")]
    [InlineData(10.0, "2.3025850929940456840179914546843642076011")]
    [InlineData(0.5, "-0.6931471805599453094172321214581765680755")]
    [InlineData(1e300, "690.7755278982137052579021966605136811506500")]
    public void Logarithms(double x, string expected) => Near(DoubleDouble.Log(x), expected);

    [Fact]
    public void Exponents_scale_exactly()
    {
        DoubleDouble near = DoubleDouble.Exp2(0.3), far = DoubleDouble.Exp2(new DoubleDouble(0.3, 0) + 900);
        Assert.Equal(Math.ScaleB(near.High, 900), far.High);
        Assert.NotEqual(0, near.Low);
    }

    /// <summary>Within 2^-98 of what is expected: 2^45 times finer than f64.</summary>
    private static void Near(DoubleDouble actual, string expected)
    {
        BigInteger scale = BigInteger.Pow(10, Digits);
        BigInteger exact = BigInteger.Parse(expected.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        BigInteger error = BigInteger.Abs(Fixed(actual.High, scale) + Fixed(actual.Low, scale) - exact);
        Assert.True(error <= (BigInteger.Abs(exact) >> 98) + 2, $"{actual} is off by {error} units of the {Digits}th digit");
    }

    private static BigInteger Fixed(double x, BigInteger scale)
    {
        if (x == 0)
        {
            return 0;
        }

        int shift = 52 - Math.ILogB(x);
        BigInteger mantissa = new(Math.ScaleB(x, shift));
        return shift >= 0 ? (mantissa * scale) >> shift : (mantissa * scale) << -shift;
    }
}
