using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>The gradient that <see cref="Processes.Sgd"/> follows, x being a normal number about a centre.</summary>
public enum SgdObjective
{
    /// <summary>½(w − x)²: gradient w − x.</summary>
    Quadratic = 0,

    /// <summary>log cosh(w − x): gradient tanh(w − x).</summary>
    LogCosh = 1,
}

/// <summary>Δ ← (1 − α_k) Δ + β_k η_k; the layout of <c>eqp_dvoretzky_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct DvoretzkyOptions
{
    /// <summary>sizeof(DvoretzkyOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>Δ at the start.</summary>
    public double Initial;

    /// <summary>α_k = AlphaC/k^AlphaGamma.</summary>
    public double AlphaC;

    /// <summary>At least 0.</summary>
    public double AlphaGamma;

    /// <summary>β_k = BetaC/k^BetaGamma.</summary>
    public double BetaC;

    /// <summary>At least 0.</summary>
    public double BetaGamma;

    /// <summary>The key of the random numbers.</summary>
    public ulong Seed;

    /// <summary>Path i draws from stream Stream + i.</summary>
    public ulong Stream;

    /// <summary>How many steps, ≥ 1.</summary>
    public long Steps;

    /// <summary>A value is kept every so many steps: a divisor of the steps; 0 = the last alone.</summary>
    public long Every;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>α_k = β_k = 1/k from 1, a thousand steps.</summary>
    public static unsafe DvoretzkyOptions Default => new()
    {
        StructSize = (nuint)sizeof(DvoretzkyOptions),
        Initial = 1,
        AlphaC = 1,
        AlphaGamma = 1,
        BetaC = 1,
        BetaGamma = 1,
        Steps = 1000,
    };
}

/// <summary>w ← w − a_k ∇f(w, x); the layout of <c>eqp_sgd_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SgdOptions
{
    /// <summary>sizeof(SgdOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>The gradient.</summary>
    public SgdObjective Objective;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>w at the start.</summary>
    public double Initial;

    /// <summary>The mean of x, which is the root.</summary>
    public double Center;

    /// <summary>The standard deviation of x, ≥ 0.</summary>
    public double Noise;

    /// <summary>a_k = C/(k + K0)^Gamma.</summary>
    public double C;

    /// <summary>At least 0.</summary>
    public double K0;

    /// <summary>At least 0: also what does not converge can be shown.</summary>
    public double Gamma;

    /// <summary>The key of the random numbers.</summary>
    public ulong Seed;

    /// <summary>Path i draws from stream Stream + i.</summary>
    public ulong Stream;

    /// <summary>How many steps, ≥ 1.</summary>
    public long Steps;

    /// <summary>A value is kept every so many steps: a divisor of the steps; 0 = the last alone.</summary>
    public long Every;

    /// <summary>½(w − x)², x standard normal about 0, from 1, steps 1/k, a thousand of them.</summary>
    public static unsafe SgdOptions Default => new()
    {
        StructSize = (nuint)sizeof(SgdOptions),
        Initial = 1,
        Noise = 1,
        C = 1,
        Gamma = 1,
        Steps = 1000,
    };
}
