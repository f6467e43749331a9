using System.Runtime.CompilerServices;

namespace Equipoise.Balance;

/// <summary>log Z and its first two derivatives at one α.</summary>
internal struct PathNode
{
    internal double Value;
    internal double Slope;
    internal double Curvature;
}

/// <summary>
/// The polynomial of degree 14 through log Z and its derivatives at α = −1, 0, ½, 1 and 2, in t = 2α − 1, for the criteria that look beyond
/// the ends. With s = t²: log Z = c0 + c2 s + s² P(s) + t (c1 + s Q(s)), where P and Q are the quintics through what the nodes at t = ±1 and ±3
/// leave for them. Scalar and free of memory, as <see cref="HermiteInterpolant"/>.
/// </summary>
internal struct ReflectedInterpolant : IPath
{
    private double c0;
    private double c1;
    private double c2;
    private Quintic even;
    private Quintic odd;

    internal static ReflectedInterpolant Of(in PathNodes inner, in PathNode before, in PathNode beyond)
    {
        ReflectedInterpolant p = default;
        p.c0 = inner.ValueHalf;
        p.c1 = inner.SlopeHalf / 2;
        p.c2 = inner.CurvatureHalf / 8;
        PathNode target = new() { Value = inner.Value0, Slope = inner.Slope0, Curvature = inner.Curvature0 };
        PathNode theta = new() { Value = inner.Value1, Slope = inner.Slope1, Curvature = inner.Curvature1 };
        p.even = new Quintic(p.Even(target, theta, 1), p.Even(before, beyond, 3));
        p.odd = new Quintic(p.Odd(target, theta, 1), p.Odd(before, beyond, 3));
        return p;
    }

    public readonly PathValues At(double alpha)
    {
        PathNode here = Evaluate(alpha), beyond = Evaluate(2 - alpha), before = Evaluate(-alpha);
        return new PathValues
        {
            LogZ = here.Value,
            Mean = -here.Slope,
            Variance = here.Curvature,
            LogZBeyond = beyond.Value,
            MeanBeyond = -beyond.Slope,
            LogZBefore = before.Value,
            MeanBefore = -before.Slope,
        };
    }

    private readonly PathNode Evaluate(double alpha)
    {
        double t = (2 * alpha) - 1, s = t * t;
        PathNode p = even.Evaluate(s), q = odd.Evaluate(s);

        // E(s) = c0 + c2 s + s² P and R(s) = c1 + s Q, with their derivatives in s.
        double e = c0 + (c2 * s) + (s * s * p.Value), e1 = c2 + (2 * s * p.Value) + (s * s * p.Slope);
        double e2 = (2 * p.Value) + (4 * s * p.Slope) + (s * s * p.Curvature);
        double r = c1 + (s * q.Value), r1 = q.Value + (s * q.Slope), r2 = (2 * q.Slope) + (s * q.Curvature);
        return new PathNode
        {
            Value = e + (t * r),
            Slope = 2 * ((2 * t * e1) + r + (2 * s * r1)),
            Curvature = 4 * ((2 * e1) + (4 * s * e2) + (6 * t * r1) + (4 * s * t * r2)),
        };
    }

    /// <summary>P and its derivatives in s at s = t², from the even part of two nodes at ∓t.</summary>
    private readonly PathNode Even(in PathNode low, in PathNode high, double t)
    {
        double s = t * t, value = (high.Value + low.Value) / 2, first = (high.Slope - low.Slope) / 4, second = (high.Curvature + low.Curvature) / 8;
        double n = value - c0 - (c2 * s), n1 = (first / (2 * t)) - c2, n2 = (second - (first / t)) / (4 * s);
        return new PathNode
        {
            Value = n / (s * s),
            Slope = (n1 - (2 * n / s)) / (s * s),
            Curvature = (n2 - (4 * n1 / s) + (6 * n / (s * s))) / (s * s),
        };
    }

    /// <summary>Q and its derivatives in s at s = t², from the odd part.</summary>
    private readonly PathNode Odd(in PathNode low, in PathNode high, double t)
    {
        double s = t * t, value = (high.Value - low.Value) / 2, first = (high.Slope + low.Slope) / 4, second = (high.Curvature - low.Curvature) / 8;
        double r = value / t, rt = (first - r) / t, rtt = (second - (2 * rt)) / t;
        double n = r - c1, n1 = rt / (2 * t), n2 = (rtt - (rt / t)) / (4 * s);
        return new PathNode
        {
            Value = n / s,
            Slope = (n1 - (n / s)) / s,
            Curvature = (n2 - (2 * n1 / s) + (2 * n / (s * s))) / s,
        };
    }

    /// <summary>The polynomial of degree 5 with given values, slopes and curvatures at s = 1 and s = 9.</summary>
    private struct Quintic
    {
        private const double Middle = 5;
        private const double HalfWidth = 4;

        private double c0;
        private double c1;
        private double c2;
        private double c3;
        private double c4;
        private double c5;

        internal Quintic(in PathNode low, in PathNode high)
        {
            // In x = (s − 5)/4 the even and odd halves of the conditions at x = ±1 are 3 × 3 systems of their own.
            double e0 = (high.Value + low.Value) / 2, o0 = (high.Value - low.Value) / 2;
            double e1 = HalfWidth * (high.Slope - low.Slope) / 2, o1 = HalfWidth * (high.Slope + low.Slope) / 2;
            double e2 = HalfWidth * HalfWidth * (high.Curvature + low.Curvature) / 2, o2 = HalfWidth * HalfWidth * (high.Curvature - low.Curvature) / 2;
            c4 = (e2 - e1) / 8;
            c2 = (e1 - (4 * c4)) / 2;
            c0 = e0 - c2 - c4;
            c5 = (o2 - (3 * o1) + (3 * o0)) / 8;
            c3 = (o1 - o0 - (4 * c5)) / 2;
            c1 = o0 - c3 - c5;
        }

        internal readonly PathNode Evaluate(double s)
        {
            double x = (s - Middle) / HalfWidth, value = c5, first = 0, second = 0;
            Horner(x, c4, ref value, ref first, ref second);
            Horner(x, c3, ref value, ref first, ref second);
            Horner(x, c2, ref value, ref first, ref second);
            Horner(x, c1, ref value, ref first, ref second);
            Horner(x, c0, ref value, ref first, ref second);
            return new PathNode { Value = value, Slope = first / HalfWidth, Curvature = second / (HalfWidth * HalfWidth) };
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Horner(double x, double coefficient, ref double value, ref double first, ref double second)
        {
            second = (second * x) + (2 * first);
            first = (first * x) + value;
            value = (value * x) + coefficient;
        }
    }
}
