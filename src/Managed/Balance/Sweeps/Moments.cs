namespace Equipoise.Balance;

/// <summary>
/// Σw, Σw·d and Σw·d² at one node of the path, d being the scaled log-ratio of the scores relative to both tops, in nats.
/// </summary>
internal struct Moments
{
    internal double Weight;

    internal double First;

    internal double Second;

    internal readonly double Mean => First / Weight;

    internal readonly double Variance
    {
        get
        {
            double mean = Mean, variance = (Second / Weight) - (mean * mean);
            return variance > 0 ? variance : 0;
        }
    }

    internal readonly bool IsFinite => double.IsFinite(Weight + First + Second);

    /// <summary>Every weight times <paramref name="factor"/>, every d plus <paramref name="shift"/>.</summary>
    internal void Rebase(double factor, double shift)
    {
        Second = factor * (Second + (2 * shift * First) + (shift * shift * Weight));
        First = factor * (First + (shift * Weight));
        Weight *= factor;
    }

    internal void Add(in Moments other, double factor)
    {
        Weight += factor * other.Weight;
        First += factor * other.First;
        Second += factor * other.Second;
    }
}
