using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>A point of the path, as the writing sweep wants it: log2 q = ThetaFactor·x + TargetFactor·y + Offset, x and y being the
/// unscaled scores
/// below their tops.</summary>
internal readonly struct PathPoint
{
    internal readonly double ThetaTop;
    internal readonly double TargetTop;
    internal readonly double InverseTheta;
    internal readonly double InverseTarget;
    internal readonly double ThetaFactor;
    internal readonly double TargetFactor;
    internal readonly double Offset;

    /// <summary>Multiplies every weight; other than 1 only where <see cref="IsFar"/>, since only the careful sweeps heed it.</summary>
    internal readonly double Scale;

    /// <summary>
    /// What rounding the offset to f32 does to every weight of the row, and so to log Z, unless the polynomial of 2^r takes it in.
    /// </summary>
    internal readonly double Mend;

    /// <param name="row">For the temperatures.</param>
    /// <param name="thetaTop">Reference of the policy's scores.</param>
    /// <param name="targetTop">Reference of the target's scores.</param>
    /// <param name="alpha">Where on the path.</param>
    /// <param name="logNormaliser">log Σ exp(α x + (1−α) y) in nats.</param>
    internal PathPoint(in RowPair row, double thetaTop, double targetTop, double alpha, double logNormaliser)
    {
        ThetaTop = thetaTop;
        TargetTop = targetTop;
        InverseTheta = row.InverseTheta;
        InverseTarget = row.InverseTarget;
        ThetaFactor = alpha * row.InverseTheta * Constants.Log2E;
        TargetFactor = (1 - alpha) * row.InverseTarget * Constants.Log2E;
        Offset = -logNormaliser * Constants.Log2E;
        Mend = Math.Exp((Offset - (float)Offset) / Constants.Log2E);
        Scale = 1;
    }

    private PathPoint(in PathPoint other, double offset, double scale)
    {
        this = other;
        Offset = offset;
        Mend = Math.Exp((offset - (float)offset) / Constants.Log2E);
        Scale = scale;
    }

    /// <summary>Exponents so large that their rounding would drown the normaliser: the careful sweeps take the offset off last, so that the
    /// largest weight is
    /// exactly <see cref="Scale"/>.</summary>
    internal bool IsFar => Math.Abs(Offset) > 1024;

    /// <summary>The same point with every weight divided by 2^<paramref name="exponent"/>.</summary>
    internal PathPoint Lowered(double exponent) => new(this, Offset - exponent, 1);

    /// <summary>
    /// The same point with weights that sum to 1, where they summed to 2^<paramref name="exponent"/> · <paramref name="weight"/>.
    /// </summary>
    internal PathPoint Normalised(double exponent, double weight)
    {
        PathPoint point = new(this, Offset - exponent - Math.Log2(weight), 1);
        return point.IsFar ? new PathPoint(this, Offset - exponent, 1 / weight) : point;
    }
}
