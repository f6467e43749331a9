using System.Runtime.CompilerServices;

namespace Equipoise.Balance;

/// <summary>log Z and its first two derivatives at one α.</summary>
internal struct PathNode
{
    internal double Value;
    internal double Slope;
    internal double Curvature;

    /// <summary>The Taylor polynomial of degree 2, a step away.</summary>
    internal readonly PathNode Continued(double step) => new()
    {
        Value = Value + (step * (Slope + (0.5 * step * Curvature))),
        Slope = Slope + (step * Curvature),
        Curvature = Curvature,
    };
}

/// <summary>The polynomial of degree 5 through two nodes. Scalar and free of memory, as <see cref="HermiteInterpolant"/>.</summary>
internal struct Quintic
{
    private double middle;
    private double halfWidth;
    private double c0;
    private double c1;
    private double c2;
    private double c3;
    private double c4;
    private double c5;

    internal static Quintic Through(double from, in PathNode low, double to, in PathNode high)
    {
        // In x = (α − middle)/h the even and odd halves of the conditions at x = ±1 are 3 × 3 systems of their own.
        double h = (to - from) / 2;
        double e0 = (high.Value + low.Value) / 2, o0 = (high.Value - low.Value) / 2;
        double e1 = h * (high.Slope - low.Slope) / 2, o1 = h * (high.Slope + low.Slope) / 2;
        double e2 = h * h * (high.Curvature + low.Curvature) / 2, o2 = h * h * (high.Curvature - low.Curvature) / 2;
        Quintic q = new() { middle = (from + to) / 2, halfWidth = h };
        q.c4 = (e2 - e1) / 8;
        q.c2 = (e1 - (4 * q.c4)) / 2;
        q.c0 = e0 - q.c2 - q.c4;
        q.c5 = (o2 - (3 * o1) + (3 * o0)) / 8;
        q.c3 = (o1 - o0 - (4 * q.c5)) / 2;
        q.c1 = o0 - q.c3 - q.c5;
        return q;
    }

    /// <summary>Value and slope; no curvature.</summary>
    internal readonly PathNode Evaluate(double alpha)
    {
        double x = (alpha - middle) / halfWidth, value = c5, first = 0;
        Horner(x, c4, ref value, ref first);
        Horner(x, c3, ref value, ref first);
        Horner(x, c2, ref value, ref first);
        Horner(x, c1, ref value, ref first);
        Horner(x, c0, ref value, ref first);
        return new PathNode { Value = value, Slope = first / halfWidth };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Horner(double x, double coefficient, ref double value, ref double first)
    {
        first = (first * x) + value;
        value = (value * x) + coefficient;
    }
}
