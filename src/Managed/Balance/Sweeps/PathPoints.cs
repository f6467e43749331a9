using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>A staged block at any number of points of the path, one after the other while it is in cache. All in f64.</summary>
internal static unsafe class PathPoints<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    /// <summary>Stands for a masked token: below every number that a score can be here, so that its weight is 0 at any α.</summary>
    private const double MaskedExponent = -1e200;

    /// <summary>Turns a staged block into exponents of 2 below the tops, the same for both policies where a token is masked.</summary>
    internal static void Prepare(in RowPair row, in ReadingSums tops, double* theta, double* target, int count)
    {
        V thetaTop = L.Broadcast(Finite(tops.ThetaTop)), targetTop = L.Broadcast(Finite(tops.TargetTop));
        V thetaScale = L.Broadcast(row.InverseTheta * Constants.Log2E), targetScale = L.Broadcast(row.InverseTarget * Constants.Log2E);
        V masked = L.Broadcast(MaskedExponent), lowest = L.Broadcast(-Constants.LargestLogRatio);
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(theta + i), b = L.Load(target + i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V x = L.Max(L.Multiply(L.Subtract(a, thetaTop), thetaScale), lowest), y = L.Max(L.Multiply(L.Subtract(b, targetTop), targetScale), lowest);
            L.Store(theta + i, L.Select(common, x, masked));
            L.Store(target + i, L.Select(common, y, masked));
        }
    }

    internal static PathSums Sum(double* theta, double* target, int count, double alpha)
    {
        V atTheta = L.Broadcast(alpha), atTarget = L.Broadcast(1 - alpha), largest = L.Broadcast(double.NegativeInfinity);
        for (nint i = 0; i < count; i += L.Count)
        {
            largest = L.Max(largest, L.MultiplyAdd(atTheta, L.Load(theta + i), L.Multiply(atTarget, L.Load(target + i))));
        }

        double exponent = L.Largest(largest);
        if (exponent <= MaskedExponent / 2)
        {
            return PathSums.Empty;
        }

        V reference = L.Broadcast(-exponent), lowest = L.Broadcast(Constants.LowestExponent), zero = L.Broadcast(0);
        V unused = zero, weights = zero, firsts = zero, seconds = zero, energies = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Load(theta + i), y = L.Load(target + i), d = L.Subtract(y, x);
            V e = L.Max(L.MultiplyAdd(atTheta, x, L.MultiplyAdd(atTarget, y, reference)), lowest);
            V w = L.Exp2(e, unused, unused, unused, unused, unused, unused), wd = L.Multiply(w, d);
            weights = L.Add(weights, w);
            firsts = L.Add(firsts, wd);
            seconds = L.MultiplyAdd(wd, d, seconds);
            energies = L.MultiplyAdd(w, e, energies);
        }

        Moments moments = new() { Weight = L.Sum(weights), First = L.Sum(firsts) / Constants.Log2E, Second = L.Sum(seconds) / Constants.Log2E / Constants.Log2E };
        return new PathSums { Point = new PointSums { Exponent = exponent, Moments = moments }, Energy = L.Sum(energies) };
    }

    private static double Finite(double top) => double.IsNegativeInfinity(top) ? 0 : top;
}
