using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>How large the steps of an <see cref="AlphaTracker"/> are.</summary>
public enum Gain
{
    /// <summary>1/(k Var): converges, and as fast as any rule.</summary>
    Harmonic = 0,

    /// <summary>1/(√k Var): follows a policy that moves ever more slowly.</summary>
    Sqrt = 1,

    /// <summary>A constant: follows a policy that moves, within a noise that stays.</summary>
    Constant = 2,
}

/// <summary>How an <see cref="AlphaTracker"/> steps; the layout of <c>eqp_alpha_tracker_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct AlphaTrackerOptions
{
    /// <summary>sizeof(AlphaTrackerOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>The rule.</summary>
    public Gain Gain;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>The constant gain: finite, above 0; α moves by this times the mean log-ratio.</summary>
    public double Constant;

    /// <summary>Where every row starts, in [0, 1].</summary>
    public double Alpha;

    /// <summary>1/(k Var), from ½.</summary>
    public static unsafe AlphaTrackerOptions Default => new() { StructSize = (nuint)sizeof(AlphaTrackerOptions), Constant = 0.1, Alpha = 0.5 };
}
