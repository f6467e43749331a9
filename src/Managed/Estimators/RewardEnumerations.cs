namespace Equipoise;

/// <summary>Which estimate of the log-probability of a sampled answer a <see cref="RewardTable"/> holds; h[c], c of K answers being this one.</summary>
public enum RewardKind
{
    /// <summary>log(c/K).</summary>
    Plugin = 0,

    /// <summary>log((c + ½)/(K + 1)).</summary>
    AddHalf = 1,

    /// <summary>log(c/K) − (1 − c/K)/(2c).</summary>
    MillerMadow = 2,

    /// <summary>ψ(c) − ψ(K): the U-statistic of the Taylor series of log, truncated at K − 1.</summary>
    Harmonic = 3,

    /// <summary>(c−1)_m/(K−1)_m in falling factorials: exactly unbiased for p^m.</summary>
    Power = 4,

    /// <summary>(s (c−1)_{s−1}/(K−1)_{s−1} − 1)/(s−1): exactly unbiased for f'(p), f = (p^s − p)/(s − 1).</summary>
    Tsallis = 5,

    /// <summary>The least p-weighted sup bias that a table can have.</summary>
    Minimax = 6,

    /// <summary>The least mean variance whose bias is at most ρ times that of <see cref="Harmonic"/>.</summary>
    Aqp = 7,
}

/// <summary>What is taken off an answer's reward, for variance's sake.</summary>
public enum RewardBaseline
{
    /// <summary>Nothing; keeps the estimate unbiased.</summary>
    None = 0,

    /// <summary>The mean of the prompt's rewards; scales the gradient of p^m by (K − 1 − m)/K.</summary>
    Mean = 1,

    /// <summary>The mean of the others' rewards; scales the gradient of p^m by 1 − m/(K − 1).</summary>
    Loo = 2,

    /// <summary>The mean of the others' rewards as if this answer had not been drawn; keeps the estimate unbiased.</summary>
    Excluded = 3,
}

/// <summary>How a reward table came about.</summary>
public enum SolverStatus
{
    /// <summary>By its formula.</summary>
    ClosedForm = 0,

    /// <summary>By a program, solved to its tolerance.</summary>
    Optimal = 1,

    /// <summary>By a program whose solution is larger than f64 tables can hold: the certificate says what is left of it.</summary>
    Unstable = 2,
}

/// <summary>The integer type of answer ids.</summary>
public enum IdType
{
    /// <summary>32 bits.</summary>
    I32 = 0,

    /// <summary>64 bits.</summary>
    I64 = 1,
}
