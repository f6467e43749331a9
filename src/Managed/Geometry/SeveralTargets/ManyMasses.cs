using System;

namespace Equipoise.Geometry;

/// <summary>What the reading sweep learns of each policy: its largest score, and Σ exp(score − top).</summary>
internal unsafe struct ManyMasses
{
    internal fixed double Top[SeveralTargets.Most];
    internal fixed double Mass[SeveralTargets.Most];

    /// <summary>A token is masked in one policy and not in another.</summary>
    internal bool SupportsDiffer;

    /// <summary>Something is NaN or +∞, or a cost is not finite.</summary>
    internal bool IsPoisoned;

    internal void Clear()
    {
        this = default;
        for (int i = 0; i < SeveralTargets.Most; i++)
        {
            Top[i] = double.NegativeInfinity;
        }
    }

    /// <summary>Takes in <paramref name="mass"/>, relative to <paramref name="top"/>, of one policy.</summary>
    internal void Add(int policy, double top, double mass)
    {
        if (double.IsNegativeInfinity(top))
        {
            return;
        }

        double highest = Math.Max(Top[policy], top);
        Mass[policy] = (Mass[policy] * Math.Exp(Top[policy] - highest)) + (mass * Math.Exp(top - highest));
        Top[policy] = highest;
    }

    internal void Merge(in ManyMasses other, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add(i, other.Top[i], other.Mass[i]);
        }

        SupportsDiffer |= other.SupportsDiffer;
        IsPoisoned |= other.IsPoisoned;
    }
}
