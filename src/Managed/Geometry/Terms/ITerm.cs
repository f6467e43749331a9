using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// What a token that both distributions have adds to a divergence Σ p f(t), t = log(q/p). The f are such that f(0) = f'(0) = 0, so that
/// near-identical distributions lose no digits: no term is the difference of larger ones.
/// </summary>
internal interface ITerm
{
    /// <param name="p">Probability under the first distribution …</param>
    /// <param name="q">… and under the second one.</param>
    /// <param name="logP">log2 p.</param>
    /// <param name="logQ">log2 q.</param>
    /// <param name="t">log(q/p) in nats.</param>
    /// <param name="order">The parameter of the divergence, where it has one.</param>
    static abstract V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct;
}

/// <summary>A term that f32 serves where t is small.</summary>
internal interface INearTerm : ITerm
{
    /// <summary>f''(0).</summary>
    static abstract double Curvature { get; }

    /// <summary>The term for small t.</summary>
    static abstract V Near<T, L, V>(V p, V q, V t)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct;
}
