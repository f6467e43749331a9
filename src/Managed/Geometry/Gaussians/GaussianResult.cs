namespace Equipoise.Geometry;

/// <summary>What is known of a row of Gaussians: a point of the path and its moments.</summary>
internal struct GaussianResult
{
    internal RowStatus Status;
    internal double Alpha;

    /// <summary>E_q[ℓ] = KL_θ − KL_t.</summary>
    internal double Mean;

    internal int Iterations;
}
