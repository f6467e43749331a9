namespace Equipoise;

/// <summary>The element type of a <see cref="Matrix"/>.</summary>
public enum DType
{
    /// <summary>IEEE binary32.</summary>
    F32 = 0,

    /// <summary>IEEE binary64.</summary>
    F64 = 1,

    /// <summary>IEEE binary16.</summary>
    F16 = 2,

    /// <summary>The upper half of an IEEE binary32.</summary>
    BF16 = 3,
}

/// <summary>What the inputs hold.</summary>
public enum Scores
{
    /// <summary>Any real; −∞ masks a token.</summary>
    Logits = 0,

    /// <summary>Natural logarithms of probabilities; renormalised when the mass is within 1e-3 of 1, invalid beyond.</summary>
    LogProbs = 1,

    /// <summary>Probabilities; 0 masks a token; renormalised when the mass is within 1e-3 of 1, invalid beyond.</summary>
    Probs = 2,
}

/// <summary>Which point of the path q_α ∝ π_θ^α π_t^(1−α) is wanted.</summary>
public enum Criterion
{
    /// <summary>KL(q‖π_θ) = KL(q‖π_t): the Chernoff point.</summary>
    KlSymmetry = 0,

    /// <summary>w_θ KL(q‖π_θ) = w_t KL(q‖π_t).</summary>
    WeightedKl = 1,

    /// <summary>KL(q‖π_θ) = budget: as far towards the target as the budget goes.</summary>
    KlBudget = 2,

    /// <summary>ESS_θ = ESS_t.</summary>
    EssBalance = 3,

    /// <summary>ESS_θ = floor: as far towards the target as the floor lets samples of q speak for π_θ.</summary>
    EssFloor = 4,

    /// <summary>α as given.</summary>
    FixedAlpha = 5,
}

/// <summary>How the point is found.</summary>
public enum Method
{
    /// <summary>Safeguarded Newton from the Hermite guess: two sweeps over a usual row.</summary>
    Newton = 0,

    /// <summary>The reference: bisection of [0, 1], in f64 throughout.</summary>
    Bisection = 1,
}

/// <summary>What became of one row.</summary>
public enum RowStatus
{
    /// <summary>Solved within the tolerance.</summary>
    Ok = 0,

    /// <summary>π_θ = π_t: every α is a root; α = ½ and q = π_θ.</summary>
    Identical = 1,

    /// <summary>No root inside [0, 1]: the limit α = 1 (the supports differ; a budget or floor that no point meets).</summary>
    AtTheta = 2,

    /// <summary>No root inside [0, 1]: the limit α = 0 (the supports differ; a budget or floor that every point meets).</summary>
    AtTarget = 3,

    /// <summary>The tolerance was not met; the outputs are the best found and the residual says how good.</summary>
    NotConverged = 4,

    /// <summary>No token has mass under both policies: α is NaN, q is 0, log q is −∞, the KLs are +∞, the ESSs 0.</summary>
    Disjoint = 5,

    /// <summary>NaN, +∞, nothing but masks, a negative probability or a mass that is not 1: the outputs are NaN.</summary>
    Invalid = 6,

    /// <summary>The row mask is 0 there: zeros in every output.</summary>
    Skipped = 7,

    /// <summary>Too few answers for the table asked for: rewards 0.</summary>
    TooFew = 8,
}

/// <summary>What <see cref="Divergences.Compute"/> measures of two distributions p and q.</summary>
public enum DivergenceKind
{
    /// <summary>KL(p‖q) = Σ p log(p/q) ≥ 0; +∞ where q misses p's support.</summary>
    Kl = 0,

    /// <summary>ESS_p(q) = 1/Σ p²/q in [0, 1]: what one sample of q is worth for p; 0 where q misses p's support.</summary>
    Ess = 1,

    /// <summary>KL(q‖p).</summary>
    ReverseKl = 2,

    /// <summary>KL(p‖q) + KL(q‖p).</summary>
    Jeffreys = 3,

    /// <summary>½ KL(p‖m) + ½ KL(q‖m) with m = ½ (p + q), in [0, log 2].</summary>
    JensenShannon = 4,

    /// <summary>log Σ p^α q^(1−α) / (α − 1), α being the order; ESS is exp of minus the one of order 2.</summary>
    Renyi = 5,

    /// <summary>−log Σ √(p q) ≥ 0: half the one of order ½.</summary>
    Bhattacharyya = 6,

    /// <summary>√(1 − Σ √(p q)) in [0, 1].</summary>
    Hellinger = 7,

    /// <summary>½ Σ |p − q| in [0, 1].</summary>
    TotalVariation = 8,

    /// <summary>2 arccos Σ √(p q) in [0, π]: the distance in the Fisher information's metric.</summary>
    FisherRao = 9,
}

/// <summary>Of what is a logarithm.</summary>
public enum Unit
{
    /// <summary>Natural logarithms.</summary>
    Nats = 0,

    /// <summary>Logarithms to base 2.</summary>
    Bits = 1,
}

/// <summary>The weight w of <see cref="Fisher.Quadratic"/>, ½ Σ (p − q)² w.</summary>
public enum FisherWeight
{
    /// <summary>1/p: half of χ²(q‖p).</summary>
    InverseP = 0,

    /// <summary>1/q: half of χ²(p‖q).</summary>
    InverseQ = 1,

    /// <summary>2/(p + q).</summary>
    Mean = 2,

    /// <summary>p/q².</summary>
    POverQ2 = 3,
}

/// <summary>How far <see cref="Fisher.StepKl"/> takes the series of a logit step's KL.</summary>
public enum StepKl
{
    /// <summary>½ Var_p[Δ].</summary>
    Second = 0,

    /// <summary>½ Var_p[Δ] + κ₃/6: KL(p_old‖p_new) to the third order.</summary>
    Third = 1,

    /// <summary>½ Var_p[Δ] + κ₃/3: KL(p_new‖p_old) to the third order.</summary>
    ThirdReverse = 2,
}

/// <summary>Which straight line between two distributions.</summary>
public enum GeodesicKind
{
    /// <summary>The geometric path ∝ p^α q^(1−α).</summary>
    Exponential = 0,

    /// <summary>The mixture α p + (1 − α) q.</summary>
    Mixture = 1,
}
