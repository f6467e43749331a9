namespace Equipoise.Balance;

/// <summary>The safeguard of Newton's method: where the root of a decreasing function still can be.</summary>
internal struct Bracket
{
    internal double Low;

    internal double High;

    internal static Bracket Unit => new() { Low = 0, High = 1 };

    internal readonly double Middle => 0.5 * (Low + High);

    internal readonly double Width => High - Low;

    /// <summary>Takes in the sign of the function at <paramref name="alpha"/>.</summary>
    internal void Narrow(double alpha, double value)
    {
        if (value > 0)
        {
            Low = alpha;
        }
        else
        {
            High = alpha;
        }
    }

    /// <summary>The Newton step where it stays inside, the middle where it leaves or there is no slope.</summary>
    internal readonly double Next(double alpha, double value, double slope)
    {
        double next = slope < 0 ? alpha - (value / slope) : double.NaN;
        return next > Low && next < High ? next : Middle;
    }
}
