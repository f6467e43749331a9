using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Balance;

/// <summary>log Z and its first two derivatives at α = 0, ½ and 1.</summary>
internal struct PathNodes
{
    internal double Value0;
    internal double Slope0;
    internal double Curvature0;
    internal double ValueHalf;
    internal double SlopeHalf;
    internal double CurvatureHalf;
    internal double Value1;
    internal double Slope1;
    internal double Curvature1;

    /// <summary>
    /// log Z is 0 but for this along the whole path: the largest of its curvatures and of its slopes at the ends, the two KLs between the
    /// policies.
    /// </summary>
    internal readonly double Height => Math.Max(
        Math.Max(Curvature0, Math.Max(CurvatureHalf, Curvature1)), Math.Max(Math.Abs(Slope0), Math.Abs(Slope1)));

    internal readonly PathValues AtTarget => new() { LogZ = Value0, Mean = -Slope0, Variance = Curvature0 };

    internal readonly PathValues AtTheta => new() { LogZ = Value1, Mean = -Slope1, Variance = Curvature1 };
}

/// <summary>
/// The polynomial of degree 8 through log Z and its derivatives at 0, ½ and 1, in t = 2α − 1. Scalar
/// and free of
/// memory, so that GPU kernels can share it.
/// </summary>
internal struct HermiteInterpolant : IPath
{
    private double c0;
    private double c1;
    private double c2;
    private double c3;
    private double c4;
    private double c5;
    private double c6;
    private double c7;
    private double c8;

    /// <summary>Degree 8: values, slopes and curvatures at all three nodes.</summary>
    internal static HermiteInterpolant OfDegree8(in PathNodes n)
    {
        // With f'(t) = ½ (log Z)'(α): the even and odd halves of the conditions at t = ±1 are 3 × 3 systems of their own.
        HermiteInterpolant p = default;
        p.c0 = n.ValueHalf;
        p.c1 = n.SlopeHalf / 2;
        p.c2 = n.CurvatureHalf / 8;
        double e0 = ((n.Value1 + n.Value0) / 2) - p.c0 - p.c2, o0 = ((n.Value1 - n.Value0) / 2) - p.c1;
        double e1 = ((n.Slope1 - n.Slope0) / 4) - (2 * p.c2), o1 = ((n.Slope1 + n.Slope0) / 4) - p.c1;
        double e2 = ((n.Curvature1 + n.Curvature0) / 8) - (2 * p.c2), o2 = (n.Curvature1 - n.Curvature0) / 8;
        p.c8 = (e2 - (9 * e1) + (24 * e0)) / 8;
        p.c6 = (e1 - (4 * e0) - (4 * p.c8)) / 2;
        p.c4 = e0 - p.c6 - p.c8;
        p.c7 = (o2 - (7 * o1) + (15 * o0)) / 8;
        p.c5 = (o1 - (3 * o0) - (4 * p.c7)) / 2;
        p.c3 = o0 - p.c5 - p.c7;
        return p;
    }

    /// <summary>
    /// How far the interpolant of degree 6, which does without the curvatures at the ends, can be from this one near α, whatever their signs:
    /// their difference is t³ (t² − 1)² (c7 + c8 t). In log Z; its slope in α is <paramref name="slope"/>.
    /// </summary>
    internal readonly double Doubt(double alpha, out double slope)
    {
        double t = Math.Abs((2 * alpha) - 1), u = 1 - (t * t), size = Math.Abs(c7) + Math.Abs(c8);
        slope = 2 * size * ((3 * t * t * u * u) + (4 * t * t * t * t * u) + (t * t * t * u * u));
        return size * t * t * t * u * u;
    }

    public readonly PathValues At(double alpha)
    {
        double value = Evaluate(alpha, out double slope, out double curvature);
        return new PathValues { LogZ = value, Mean = -slope, Variance = curvature };
    }

    /// <summary>Value, slope and curvature in α.</summary>
    internal readonly double Evaluate(double alpha, out double slope, out double curvature)
    {
        double t = (2 * alpha) - 1, value = c8, first = 0, second = 0;
        Horner(t, c7, ref value, ref first, ref second);
        Horner(t, c6, ref value, ref first, ref second);
        Horner(t, c5, ref value, ref first, ref second);
        Horner(t, c4, ref value, ref first, ref second);
        Horner(t, c3, ref value, ref first, ref second);
        Horner(t, c2, ref value, ref first, ref second);
        Horner(t, c1, ref value, ref first, ref second);
        Horner(t, c0, ref value, ref first, ref second);
        slope = 2 * first;
        curvature = 4 * second;
        return value;
    }

    /// <summary>One step of Horner's rule for a polynomial and its first two derivatives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Horner(double t, double coefficient, ref double value, ref double first, ref double second)
    {
        second = (second * t) + (2 * first);
        first = (first * t) + value;
        value = (value * t) + coefficient;
    }
}
