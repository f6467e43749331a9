namespace Equipoise;

/// <summary>What one importance weight stands for.</summary>
public enum WeightLevel
{
    /// <summary>A token: π/q of it; the tokens of a sequence are the group.</summary>
    Token = 0,

    /// <summary>A sequence: the product over its tokens.</summary>
    Sequence = 1,

    /// <summary>A sequence: the geometric mean over its tokens.</summary>
    Geometric = 2,
}

/// <summary>What is done to importance weights.</summary>
public enum WeightMode
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>min(w, high): truncated importance sampling.</summary>
    Truncated = 1,

    /// <summary>w moved into [low, high].</summary>
    Clipped = 2,

    /// <summary>0 outside [low, high]: masked importance sampling.</summary>
    Masked = 3,

    /// <summary>w / Σ w of the group.</summary>
    SelfNormalized = 4,

    /// <summary>The largest weights of the group replaced by expected order statistics of a generalised Pareto distribution.</summary>
    Psis = 5,
}
