using System;

namespace Equipoise.Balance;

/// <summary>Moments at one point of the path; weights are relative to exp(<see cref="Reference"/>).</summary>
internal struct PointSums
{
    /// <summary>Nats; −∞ when no token is common.</summary>
    internal double Reference;

    internal Moments Moments;

    internal static PointSums Empty => new() { Reference = double.NegativeInfinity };

    /// <summary>log Σ w, in nats; −∞ when no token is common.</summary>
    internal readonly double LogWeight => Reference + Math.Log(Moments.Weight);

    internal void Merge(in PointSums other)
    {
        if (double.IsNegativeInfinity(other.Reference))
        {
            return;
        }

        if (other.Reference > Reference)
        {
            Moments.Rebase(Math.Exp(Reference - other.Reference), 0);
            Reference = other.Reference;
        }

        Moments.Add(other.Moments, Math.Exp(other.Reference - Reference));
    }
}
