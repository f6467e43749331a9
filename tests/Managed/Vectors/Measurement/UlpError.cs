using System;
using Equipoise.Vectors;

namespace Equipoise.Tests.Vectors.Measurement;

/// <summary>Errors in units in the last place: the distance to the exact result, over the spacing of the type's numbers around that.</summary>
internal struct UlpError
{
    /// <summary>The largest error, and the argument that it was met at.</summary>
    public double Largest { get; private set; }

    /// <summary>Where <see cref="Largest"/> was met.</summary>
    public double At { get; private set; }

    /// <summary>Arguments measured.</summary>
    public long Count { get; private set; }

    /// <summary>The average over the arguments measured.</summary>
    public readonly double Mean => Count == 0 ? 0 : sum / Count;

    private double sum;

    /// <summary>Takes one result of f32 up; <paramref name="exact"/> is right to f64's precision.</summary>
    public void Add(double argument, float computed, double exact) =>
        Add(argument, Math.Abs(computed - exact) / Spacing(exact, 23, -126));

    /// <summary>Takes one result of f64 up.</summary>
    public void Add(double argument, double computed, DoubleDouble exact)
    {
        DoubleDouble error = computed - exact;
        Add(argument, Math.Abs(error.High + error.Low) / Spacing(exact.High, 52, -1022));
    }

    /// <summary>Takes up what another part of the same range gave.</summary>
    public void Add(in UlpError other)
    {
        if (!(other.Largest <= Largest))
        {
            (Largest, At) = (other.Largest, other.At);
        }

        Count += other.Count;
        sum += other.sum;
    }

    private void Add(double argument, double error)
    {
        if (!(error <= Largest)) // NaN is the largest error of all
        {
            (Largest, At) = (error, argument);
        }

        Count++;
        sum += error;
    }

    private static double Spacing(double exact, int mantissa, int smallest) =>
        exact == 0 ? Math.ScaleB(1, smallest - mantissa) : Math.ScaleB(1, Math.Max(Math.ILogB(exact), smallest) - mantissa);
}
