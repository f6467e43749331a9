using System;

namespace Equipoise.Balance;

/// <summary>Moments at one point of the path; weights are relative to 2^<see cref="Exponent"/>.</summary>
internal struct PointSums
{
    /// <summary>The largest weight's, so that nothing overflows; −∞ when no token is common.</summary>
    internal double Exponent;

    internal Moments Moments;

    internal static PointSums Empty => new() { Exponent = double.NegativeInfinity };

    /// <summary>log Σ w, in nats; −∞ when no token is common.</summary>
    internal readonly double LogWeight => (Exponent / Constants.Log2E) + Elementary.Log(Moments.Weight);

    internal readonly bool IsEmpty => double.IsNegativeInfinity(Exponent);

    internal void Merge(in PointSums other)
    {
        if (other.IsEmpty)
        {
            return;
        }

        if (other.Exponent > Exponent)
        {
            Moments.Rebase(Elementary.Exp2(Exponent - other.Exponent), 0);
            Exponent = other.Exponent;
        }

        Moments.Add(other.Moments, Elementary.Exp2(other.Exponent - Exponent));
    }
}
