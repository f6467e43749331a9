using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Where <see cref="Sampler.Draw"/> writes; the layout of <c>eqp_samples</c>. A null output is not written.</summary>
/// <remarks>
/// [rows, count] unless it says otherwise, logarithms in nats. A draw that there is no token for has the token −1: every draw of an invalid
/// or disjoint row (NaN elsewhere) and of a skipped one (0 elsewhere), and without replacement those beyond the last token (weights 0,
/// logarithms −∞).
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Samples
{
    /// <summary>sizeof(Samples), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>Columns of the drawn tokens.</summary>
    public long* Tokens;

    /// <summary>log q(token); where q was truncated, of what is left of it, renormalised.</summary>
    public double* LogQ;

    /// <summary>log π_θ(token).</summary>
    public double* LogTheta;

    /// <summary>log π_t(token).</summary>
    public double* LogTarget;

    /// <summary>log of <see cref="Weights"/>.</summary>
    public double* LogWeights;

    /// <summary>log of <see cref="TargetWeights"/>.</summary>
    public double* LogTargetWeights;

    /// <summary>π_θ/q of the token; without replacement π_θ over the inclusion probability.</summary>
    public double* Weights;

    /// <summary>π_t/q of the token; without replacement π_t over the inclusion probability.</summary>
    public double* TargetWeights;

    /// <summary>Without replacement, log of the probability that the token is drawn, given the threshold of its row; otherwise log q.</summary>
    public double* LogInclusion;

    /// <summary>[rows] in [0, 1]; NaN for an invalid or disjoint row, 0 for a skipped one.</summary>
    public double* Alpha;

    /// <summary>[rows] what became of the row.</summary>
    public RowStatus* RowStatus;
}
