using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Sampling;

/// <summary>A point of the path in f64, whatever the row's dtype, at this processor's width.</summary>
internal static unsafe class WidePoint
{
    /// <summary>
    /// log2 of the weights of at most a block of columns, Scale left out; −∞ for tokens that are masked in either policy. The same column
    /// has the same bits in every call.
    /// </summary>
    internal static readonly delegate*<in RowPair, nint, int, in PathPoint, double*, void> Exponents;

    /// <summary>2^exponent of as many numbers; 0 where it is below the given threshold.</summary>
    internal static readonly delegate*<double*, int, double, void> Weights;

    /// <summary>Sum of as many numbers, of which those up to a whole register are 0.</summary>
    internal static readonly delegate*<double*, int, double> Sum;

    /// <summary>The largest of as many exponents.</summary>
    internal static readonly delegate*<double*, int, double> Largest;

    /// <summary>Stores those of as many exponents that are in [low, high], in order, which may be in place; how many these are.</summary>
    internal static readonly delegate*<double*, int, double, double, double*, int> Between;

    /// <summary>The log-scores of one column, the policy's and then the target's.</summary>
    internal static readonly delegate*<in RowPair, nint, double*, void> Scores;

    static WidePoint()
    {
        if (Width.Is512)
        {
            Exponents = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Exponents;
            Weights = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Weights;
            Sum = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Sum;
            Largest = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Largest;
            Between = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Between;
            Scores = &At<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Scores;
        }
        else if (Width.Is256)
        {
            Exponents = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Exponents;
            Weights = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Weights;
            Sum = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Sum;
            Largest = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Largest;
            Between = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Between;
            Scores = &At<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Scores;
        }
        else
        {
            Exponents = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Exponents;
            Weights = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Weights;
            Sum = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Sum;
            Largest = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Largest;
            Between = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Between;
            Scores = &At<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Scores;
        }
    }

    private static class At<L, V, LF, VF>
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        [SkipLocalsInit]
        internal static void Exponents(in RowPair row, nint begin, int count, in PathPoint point, double* exponents)
        {
            double* target = stackalloc double[Blocks.Columns];
            int padded = Stage(row, begin, count, exponents, target);
            V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
            V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
            V masked = L.Broadcast(double.NegativeInfinity);
            for (nint i = 0; i < padded; i += L.Count)
            {
                V a = L.Load(exponents + i), b = L.Load(target + i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
                V value = L.Add(L.MultiplyAdd(thetaFactor, L.Subtract(a, thetaTop), L.Multiply(targetFactor, L.Subtract(b, targetTop))), offset);
                L.Store(exponents + i, L.Select(common, value, masked));
            }
        }

        internal static void Weights(double* exponents, int count, double threshold)
        {
            V lowest = L.Broadcast(Constants.LowestExponent), zero = L.Broadcast(0), bound = L.Broadcast(threshold), unused = zero;
            for (nint i = 0; i < count; i += L.Count)
            {
                V e = L.Load(exponents + i), w = L.Exp2(L.Max(e, lowest), unused, unused, unused, unused, unused, unused);
                L.Store(exponents + i, L.Select(L.IsAtMost(bound, e), w, zero));
            }
        }

        internal static double Sum(double* weights, int count)
        {
            V sums = L.Broadcast(0);
            for (nint i = 0; i < count; i += L.Count)
            {
                sums = L.Add(sums, L.Load(weights + i));
            }

            return L.Sum(sums);
        }

        internal static double Largest(double* exponents, int count)
        {
            V largest = L.Broadcast(double.NegativeInfinity);
            for (nint i = 0; i < count; i += L.Count)
            {
                largest = L.Max(largest, L.Load(exponents + i));
            }

            return L.Largest(largest);
        }

        internal static int Between(double* exponents, int count, double low, double high, double* to)
        {
            V from = L.Broadcast(low), until = L.Broadcast(high);
            int found = 0;
            for (nint i = 0; i < count; i += L.Count)
            {
                V e = L.Load(exponents + i);
                found += L.Compress(to + found, e, L.And(L.IsAtMost(from, e), L.IsAtMost(e, until)));
            }

            return found;
        }

        internal static void Scores(in RowPair row, nint column, double* scores)
        {
            Staging<double, L, V, LF, VF>.Fetch(row.Theta, row.ThetaType, row, column, 1, scores);
            Staging<double, L, V, LF, VF>.Fetch(row.Target, row.TargetType, row, column, 1, scores + 1);
        }

        private static int Stage(in RowPair row, nint begin, int count, double* theta, double* target)
        {
            Staging<double, L, V, LF, VF>.Fetch(row.Theta, row.ThetaType, row, begin, count, theta);
            Staging<double, L, V, LF, VF>.Fetch(row.Target, row.TargetType, row, begin, count, target);
            int padded = count;
            for (; padded % L.Count != 0; padded++)
            {
                theta[padded] = target[padded] = double.NegativeInfinity;
            }

            return padded;
        }
    }
}
