namespace Equipoise.Sampling;

/// <summary>128 random bits: what <see cref="Philox"/> makes of one counter.</summary>
internal readonly struct PhiloxBlock
{
    internal readonly uint X0;
    internal readonly uint X1;
    internal readonly uint X2;
    internal readonly uint X3;

    internal PhiloxBlock(uint x0, uint x1, uint x2, uint x3)
    {
        X0 = x0;
        X1 = x1;
        X2 = x2;
        X3 = x3;
    }

    /// <summary>Uniform in (0, 1), from the first half.</summary>
    internal double First => Philox.Uniform(X0, X1);

    /// <summary>Uniform in (0, 1), from the second half: independent of <see cref="First"/>.</summary>
    internal double Second => Philox.Uniform(X2, X3);
}
