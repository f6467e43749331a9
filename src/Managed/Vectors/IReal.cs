namespace Equipoise.Vectors;

/// <summary>Numbers that dense linear algebra is written for once: <see cref="Plain"/> and <see cref="DoubleDouble"/>.</summary>
internal interface IReal<T>
    where T : struct, IReal<T>
{
    /// <summary>Half a unit of the last place of 1.</summary>
    static abstract double Epsilon { get; }

    /// <summary>The nearest f64.</summary>
    double High { get; }

    static abstract T Of(DoubleDouble x);

    static abstract T operator +(T x, T y);

    static abstract T operator -(T x, T y);

    static abstract T operator *(T x, T y);

    static abstract T operator /(T x, T y);

    static abstract T Sqrt(T x);
}

/// <summary>An f64.</summary>
internal readonly record struct Plain(double High) : IReal<Plain>
{
    public static double Epsilon => 1.1e-16;

    public static Plain Of(DoubleDouble x) => new(x.High);

    public static Plain Sqrt(Plain x) => new(System.Math.Sqrt(x.High));

    public static Plain operator +(Plain x, Plain y) => new(x.High + y.High);

    public static Plain operator -(Plain x, Plain y) => new(x.High - y.High);

    public static Plain operator *(Plain x, Plain y) => new(x.High * y.High);

    public static Plain operator /(Plain x, Plain y) => new(x.High / y.High);
}
