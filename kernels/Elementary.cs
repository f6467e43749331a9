using Equipoise.Vectors;
using ILGPU;

namespace Equipoise.Balance;

/// <summary>
/// Exponentials and logarithms by plain arithmetic, so that every device gives the same bits. The kernels' half of what the CPU's
/// <c>Elementary</c> takes from the runtime.
/// </summary>
internal static class Elementary
{
    private const double Ln2High = 0.69314718036912382; // 32 bits, so that n · Ln2High is exact
    private const double Ln2Low = 1.9082149292705877e-10;
    private const double Largest = double.MaxValue;

    /// <summary>e^x, within 1 ULP or so; 0 and ∞ beyond the range of f64.</summary>
    internal static double Exp(double x)
    {
        double bounded = IntrinsicMath.Max(-800, IntrinsicMath.Min(x, 800));
        double n = ((bounded * Constants.Log2E) + Exp2Polynomial.RoundF64) - Exp2Polynomial.RoundF64;
        double r = (bounded - (n * Ln2High)) - (n * Ln2Low);
        double value = Scale(Polynomial(r * Constants.Log2E), (int)n);
        return double.IsNaN(x) ? x : value;
    }

    /// <summary>2^x.</summary>
    internal static double Exp2(double x)
    {
        double bounded = IntrinsicMath.Max(-1100, IntrinsicMath.Min(x, 1100));
        double n = (bounded + Exp2Polynomial.RoundF64) - Exp2Polynomial.RoundF64;
        double value = Scale(Polynomial(bounded - n), (int)n);
        return double.IsNaN(x) ? x : value;
    }

    /// <summary>ln x: −∞ at 0, NaN below.</summary>
    internal static double Log(double x)
    {
        bool isSmall = x < 2.2250738585072014e-308;
        long bits = (long)Interop.FloatAsInt(isSmall ? x * 18014398509481984.0 : x);
        double exponent = (int)(bits >> 52) - (isSmall ? 1023 + 54 : 1023);
        double mantissa = Interop.IntAsFloat((ulong)((bits & 0xFFFFFFFFFFFFFL) | 0x3FF0000000000000L));
        bool isHigh = mantissa > 1.4142135623730951;
        mantissa = isHigh ? mantissa * 0.5 : mantissa;
        exponent = isHigh ? exponent + 1 : exponent;
        double f = mantissa - 1, s = f / (2 + f), z = s * s, p = 0.043478260869565216;
        p = (p * z) + 0.047619047619047616;
        p = (p * z) + 0.052631578947368418;
        p = (p * z) + 0.058823529411764705;
        p = (p * z) + 0.066666666666666666;
        p = (p * z) + 0.076923076923076927;
        p = (p * z) + 0.090909090909090912;
        p = (p * z) + 0.1111111111111111;
        p = (p * z) + 0.14285714285714285;
        p = (p * z) + 0.2;
        p = (p * z) + 0.33333333333333331;

        // ln(1 + f) = f − s (f − 2 s² p): the leading term is exact.
        double value = (exponent * Ln2High) + (f - ((s * (f - (2 * z * p))) - (exponent * Ln2Low)));
        value = x <= Largest ? value : x;
        return x > 0 ? value : (x == 0 ? double.NegativeInfinity : double.NaN);
    }

    /// <summary>log2 x.</summary>
    internal static double Log2(double x) => Log(x) * Constants.Log2E;

    /// <summary>2^x for x in [−126, 127], the polynomial of the CPU's lanes: exactly 1 at 0.</summary>
    internal static float Exp2(float x)
    {
        float n = (x + Exp2Polynomial.RoundF32) - Exp2Polynomial.RoundF32, r = x - n;
        float p = (float)Exp2Polynomial.Centred5;
        p = (p * r) + (float)Exp2Polynomial.Centred4;
        p = (p * r) + (float)Exp2Polynomial.Centred3;
        p = (p * r) + (float)Exp2Polynomial.Centred2;
        p = (p * r) + (float)Exp2Polynomial.Centred1;
        p = (p * r) + 1f;
        return p * Interop.IntAsFloat((uint)(((int)n + 127) << 23));
    }

    private static double Polynomial(double r)
    {
        double p = Exp2Polynomial.Wide11;
        p = (p * r) + Exp2Polynomial.Wide10;
        p = (p * r) + Exp2Polynomial.Wide9;
        p = (p * r) + Exp2Polynomial.Wide8;
        p = (p * r) + Exp2Polynomial.Wide7;
        p = (p * r) + Exp2Polynomial.Wide6;
        p = (p * r) + Exp2Polynomial.Wide5;
        p = (p * r) + Exp2Polynomial.Wide4;
        p = (p * r) + Exp2Polynomial.Wide3;
        p = (p * r) + Exp2Polynomial.Wide2;
        p = (p * r) + Exp2Polynomial.Wide1;
        return (p * r) + 1;
    }

    /// <summary>x · 2^n in two steps, so that neither factor leaves f64's range.</summary>
    private static double Scale(double x, int n)
    {
        int half = n >> 1;
        double first = Interop.IntAsFloat((ulong)((long)(half + 1023) << 52));
        double second = Interop.IntAsFloat((ulong)((long)(n - half + 1023) << 52));
        return x * first * second;
    }
}
