using System;

namespace Equipoise.Balance;

/// <summary>Sums at one α, relative to the largest weight, so that nothing overflows.</summary>
internal struct PathSums
{
    internal PointSums Point;

    /// <summary>Σ w log2 w, for the entropy.</summary>
    internal double Energy;

    internal static PathSums Empty => new() { Point = PointSums.Empty };

    /// <summary>Entropy of the normalised weights, nats.</summary>
    internal readonly double Entropy => Math.Max(0, Math.Log(Point.Moments.Weight) - (Energy / Point.Moments.Weight / Constants.Log2E));

    /// <summary>Brings the sums from lower tops to higher ones; by how much in nats, at both ends.</summary>
    internal void Raise(double alpha, double theta, double target)
    {
        if (!Point.IsEmpty)
        {
            Point.Exponent -= ((alpha * theta) + ((1 - alpha) * target)) * Constants.Log2E;
            Point.Moments.Rebase(1, theta - target);
        }
    }

    /// <summary>Adds sums relative to the same tops.</summary>
    internal void Merge(in PathSums other)
    {
        if (other.Point.IsEmpty)
        {
            return;
        }

        if (Point.IsEmpty)
        {
            this = other;
            return;
        }

        double exponent = Math.Max(Point.Exponent, other.Point.Exponent);
        Energy = Rebased(Energy, Point, exponent) + Rebased(other.Energy, other.Point, exponent);
        Point.Merge(other.Point);
    }

    private static double Rebased(double energy, in PointSums point, double exponent)
    {
        double shift = point.Exponent - exponent;
        return double.Exp2(shift) * (energy + (shift * point.Moments.Weight));
    }
}
