using System;

namespace Equipoise.Tests.Support;

/// <summary>A sum in f64 with Neumaier's compensation: its error does not grow with the number of terms.</summary>
internal struct Sum
{
    private double high, low;

    /// <summary>The total.</summary>
    public readonly double Value => high + low;

    /// <summary>Adds a term.</summary>
    public void Add(double term)
    {
        double next = high + term;
        low += Math.Abs(high) >= Math.Abs(term) ? high - next + term : term - next + high;
        high = next;
    }
}
