using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>How <see cref="RobbinsMonro"/> steps; the layout of <c>eqp_robbins_monro_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RobbinsMonroOptions
{
    /// <summary>sizeof(RobbinsMonroOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>The steps are C/(k + K0)^Gamma.</summary>
    public double C;

    /// <summary>At least 0.</summary>
    public double K0;

    /// <summary>In (½, 1]; any number from 0 where <see cref="Tracking"/> is set.</summary>
    public double Gamma;

    /// <summary>The interval that every point is moved into: its lower end.</summary>
    public double Low;

    /// <summary>Its upper end.</summary>
    public double High;

    /// <summary>The largest step, above 0.</summary>
    public double StepClip;

    /// <summary>Nonzero: the root moves, so that steps need not die out; nothing converges then.</summary>
    public int Tracking;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Steps 1/k, no interval, no largest step.</summary>
    public static unsafe RobbinsMonroOptions Default => new()
    {
        StructSize = (nuint)sizeof(RobbinsMonroOptions),
        C = 1,
        Gamma = 1,
        Low = double.NegativeInfinity,
        High = double.PositiveInfinity,
        StepClip = double.PositiveInfinity,
    };
}
