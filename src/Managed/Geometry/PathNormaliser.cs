using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>log Z(α) = log Σ p^α q^(1−α) of a row that was read in f64, at any α.</summary>
internal static unsafe class PathNormaliser
{
    /// <summary>|log Z| from which on it is no small difference.</summary>
    private const double SmallestSum = 0.1;

    /// <summary>To full relative precision, also where p and q nearly agree.</summary>
    internal static double LogZ(RowState* state, double alpha)
    {
        double logZ = LogZOf(state, alpha);
        if (Math.Abs(logZ) >= SmallestSum)
        {
            return logZ;
        }

        // The terms lose digits below ½; Z is the same with p and q in each other's place.
        bool isSwapped = alpha < 0.5;
        double order = isSwapped ? 1 - alpha : alpha;
        TermSums sums = TermSweep<RenyiTerm>.Sum(state, order, isSwapped);
        return Logarithm.Plus1((order * (order - 1) * sums.Common) - (order * sums.PAlone) - ((1 - order) * sums.QAlone));
    }

    /// <summary>In the log domain, so that nothing overflows; to 1e-15, absolutely.</summary>
    internal static double LogZOf(RowState* state, double alpha) => RowState.Evaluate(state, alpha).LogWeight - state->Normaliser(alpha, 0);
}
