using System;
using Equipoise.Balance;

namespace Equipoise.Sampling;

/// <summary>From a token to its log-probabilities under q and both policies.</summary>
internal readonly unsafe struct TokenLogs
{
    private readonly double thetaLogMass;
    private readonly double targetLogMass;

    /// <summary>Added to the logarithm of a token's weight.</summary>
    private readonly double shift;

    /// <param name="state">The row, solved.</param>
    /// <param name="row">Measured.</param>
    /// <param name="isTruncated">What is left of q is renormalised by its own mass; all of it is normalised already.</param>
    internal TokenLogs(in RowState state, in DrawRow row, bool isTruncated)
    {
        thetaLogMass = state.ThetaLogMass;
        targetLogMass = state.TargetLogMass;
        shift = isTruncated ? -Math.Log(row.Total) : Math.Log(row.Point.Scale);
    }

    internal TokenLog Of(in DrawRow row, nint token)
    {
        double* scores = stackalloc double[2];
        WidePoint.Scores(row.Row, token, scores);
        double q = (row.Exponent(scores[0], scores[1]) / Constants.Log2E) + shift;
        return new TokenLog
        {
            Token = token,
            Q = Math.Min(0, q),
            Theta = ((scores[0] - row.Point.ThetaTop) * row.Row.InverseTheta) - thetaLogMass,
            Target = ((scores[1] - row.Point.TargetTop) * row.Row.InverseTarget) - targetLogMass,
            Inclusion = Math.Min(0, q),
        };
    }
}
