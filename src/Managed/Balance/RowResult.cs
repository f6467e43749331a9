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

    /// <summary>The criterion's function where it was measured; its size is the residual.</summary>
    internal double Value;

    internal int Iterations;

    /// <summary>q is in place already.</summary>
    internal bool IsWritten;

    /// <summary>log Z at 2 − α and −α, where the criterion needed them; else 0.</summary>
    internal double LogZBeyond;

    internal double LogZBefore;

    internal bool KnowsBeyond;

    internal bool KnowsBefore;

    /// <summary>Keeps what was found out beyond the ends of the path.</summary>
    internal void Know(in PathValues at, bool knowsBefore)
    {
        (LogZBeyond, LogZBefore) = (at.LogZBeyond, at.LogZBefore);
        (KnowsBeyond, KnowsBefore) = (true, knowsBefore);
    }

    internal static RowResult Of(RowStatus status, int iterations) => new() { Status = status, Iterations = iterations };
}
