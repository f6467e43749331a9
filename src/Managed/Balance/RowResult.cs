namespace Equipoise.Balance;

/// <summary>The answer of one row.</summary>
internal struct RowResult
{
    internal RowStatus Status;

    /// <summary>The reported α; where q was written, the last Newton step, too small to move q, is on top of q's own.</summary>
    internal double Alpha;

    /// <summary>Where q was, or is to be, written.</summary>
    internal PathPoint Point;

    internal double LogZ;

    /// <summary>E_q[ℓ] = KL_θ − KL_t, measured or predicted.</summary>
    internal double Mean;

    /// <summary>What an f32 sweep measured of E_q[ℓ] where f64 sums had predicted 0: part of the residual, not of the KLs.</summary>
    internal double Noise;

    internal int Iterations;

    /// <summary>q is in place already.</summary>
    internal bool IsWritten;

    internal static RowResult Of(RowStatus status, int iterations) => new() { Status = status, Iterations = iterations };
}
