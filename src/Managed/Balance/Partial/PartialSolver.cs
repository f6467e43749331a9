using System;

namespace Equipoise.Balance;

/// <summary>From a row's record to its point: scalar work. Where the record does not suffice, it says so and how far it can be trusted.</summary>
internal static class PartialSolver
{
    /// <summary>Iterations of a search that halves its bracket at the worst.</summary>
    private const int MostSteps = 100;

    /// <summary>A longer Newton step is not to be trusted.</summary>
    private const double LongestStep = 1e-2;

    /// <summary>The polynomial has something to say where its doubt is below this share of what E_q[ℓ] falls by between two nodes.</summary>
    private const double SmallShare = 0.1;

    /// <summary>α from the sums at the nodes.</summary>
    internal static void Solve(ref PartialRow row, double tolerance)
    {
        if (row.Has(PartialFlags.Skipped))
        {
            Answer(ref row, RowStatus.Skipped, 0, 0, 0);
        }
        else if (row.Has(PartialFlags.Invalid) || !(row.ThetaMass > 0 && row.TargetMass > 0))
        {
            Answer(ref row, RowStatus.Invalid, double.NaN, double.NaN, double.NaN);
        }
        else if (row.Nodes[PathGrid.Half].IsEmpty)
        {
            Answer(ref row, RowStatus.Disjoint, double.NaN, double.NegativeInfinity, double.NaN);
        }
        else
        {
            SolveNodes(ref row, tolerance);
        }
    }

    /// <summary>Takes in the sums Σq, Σq·ℓ and Σq·ℓ² that another sweep measured at the present α.</summary>
    internal static void Refine(ref PartialRow row, in Moments measured, double tolerance)
    {
        MeasuredPoint point = new() { Alpha = row.Alpha, LogZ = row.LogZ + Math.Log(measured.Weight), Mean = measured.Mean, Variance = measured.Variance };
        if (!(measured.Weight > 0) || !double.IsFinite(point.LogZ + point.Mean + point.Variance))
        {
            Answer(ref row, RowStatus.NotConverged, 0.5 * (row.Low.Alpha + row.High.Alpha), row.LogZ, double.PositiveInfinity);
            return;
        }

        MeasuredPoint far = point.Mean > 0 ? row.High : row.Low;
        row.Low = point.Mean > 0 ? point : row.Low;
        row.High = point.Mean > 0 ? row.High : point;
        double newton = point.Alpha + (point.Mean / point.Variance);

        // Newton's error is the square of his step; the cubic knows that square, so what parts them is far above what the cubic misses. A long step
        // comes from a flat stretch, whose slope says nothing about the root: there, E_q[ℓ] is known to lie between the ends' and no more.
        bool isNear = newton >= row.Low.Alpha && newton <= row.High.Alpha && Math.Abs(newton - point.Alpha) <= LongestStep;
        if (!isNear)
        {
            Corner(ref row, tolerance);
            return;
        }

        double alpha = BetweenEnds(row.Low, row.High), doubt = point.Mean == 0 ? 0 : Math.Abs(alpha - newton) * point.Variance;
        double step = alpha - point.Alpha, slope = (far.Variance - point.Variance) / (far.Alpha - point.Alpha);
        double logZ = point.LogZ + (step * (-point.Mean + (step * ((point.Variance / 2) + (double.IsFinite(slope) ? step * slope / 6 : 0)))));
        Judge(ref row, alpha, logZ, point.Variance, doubt, tolerance);
    }

    /// <summary>
    /// Where the tangents of log Z at both ends meet: it is convex, so its minimum lies between, and where the ends are flat stretches of a path with a
    /// corner, the corner is there.
    /// </summary>
    private static void Corner(ref PartialRow row, double tolerance)
    {
        MeasuredPoint low = row.Low, high = row.High;
        double share = (high.LogZ - low.LogZ + (high.Mean * (high.Alpha - low.Alpha))) / ((high.Mean - low.Mean) * (high.Alpha - low.Alpha));
        double alpha = low.Alpha + ((share > 0 && share < 1 ? share : 0.5) * (high.Alpha - low.Alpha));
        Judge(ref row, alpha, low.LogZ - (low.Mean * (alpha - low.Alpha)), 0, Math.Max(low.Mean, -high.Mean), tolerance);
    }

    private static void SolveNodes(ref PartialRow row, double tolerance)
    {
        Span<MeasuredPoint> nodes = stackalloc MeasuredPoint[PathGrid.Count];
        Measure(row, nodes);
        MeasuredPoint first = nodes[0], last = nodes[PathGrid.Count - 1];
        bool supportsDiffer = row.Has(PartialFlags.ThetaAlone | PartialFlags.TargetAlone);
        if (supportsDiffer && (first.Mean < 0 || last.Mean > 0))
        {
            bool isTheta = last.Mean > 0;
            Answer(ref row, isTheta ? RowStatus.AtTheta : RowStatus.AtTarget, isTheta ? 1 : 0, isTheta ? last.LogZ : first.LogZ, Math.Abs(isTheta ? last.Mean : first.Mean));
            return;
        }

        PathNodes ends = new()
        {
            Slope0 = first.Mean,
            Curvature0 = first.Variance,
            CurvatureHalf = nodes[PathGrid.Half].Variance,
            Slope1 = last.Mean,
            Curvature1 = last.Variance,
        };
        if (ends.Height < Cumulants.LargestVariance && TryCumulants(ref row))
        {
            return;
        }

        Span<double> coefficients = stackalloc double[PathGrid.Terms];
        PathGrid.Interpolate(nodes, coefficients);
        SetBracket(ref row, nodes);
        MeasuredPoint root = Root(coefficients, row.Low.Alpha, row.High.Alpha);
        double noise = 0.25 * Precision.Rounding(0, row.Kappa, root.LogZ);
        double doubt = PathGrid.Doubt(coefficients, root.Alpha, noise), variance = Math.Max(root.Variance, 0);
        if (!(doubt < SmallShare * (row.Low.Mean - row.High.Mean)))
        {
            Corner(ref row, tolerance);
            return;
        }

        Judge(ref row, Settle(nodes, root, row.Kappa), root.LogZ, variance, doubt, tolerance);
    }

    /// <summary>The root as the nearby nodes see it, where nothing but rounding parts it from the polynomial's: all of it that a flat path has.</summary>
    private static double Settle(ReadOnlySpan<MeasuredPoint> nodes, in MeasuredPoint root, double kappa)
    {
        double mean = NearbyNodes.Mean(nodes, root.Alpha), step = mean / root.Variance;
        bool isRounding = Math.Abs(mean) <= NearbyNodes.LargestRounding * Precision.Rounding(0, kappa, root.LogZ) && Math.Abs(step) <= LongestStep;
        return isRounding ? Math.Clamp(root.Alpha + step, 0, 1) : root.Alpha;
    }

    /// <summary>Policies that nearly agree, where differences of log Z would drown in rounding. False where the series leaves out too much.</summary>
    private static bool TryCumulants(ref PartialRow row)
    {
        CentralSums sums = Central(row);
        Cumulants cumulants = Cumulants.Of(sums.Weight, sums.First, sums.Second, sums.Third, sums.Fourth);
        if (cumulants.IsFlat)
        {
            Answer(ref row, RowStatus.Identical, 0.5, 0, 0);
        }
        else if (cumulants.IsConvergent)
        {
            Answer(ref row, RowStatus.Ok, cumulants.Alpha, cumulants.LogZ, 0);
        }

        return cumulants.IsFlat || cumulants.IsConvergent;
    }

    private static void Measure(in PartialRow row, Span<MeasuredPoint> nodes)
    {
        for (int node = 0; node < nodes.Length; node++)
        {
            PointSums sums = row.Nodes[node];
            double alpha = PathGrid.Alpha(node);
            nodes[node] = new MeasuredPoint
            {
                Alpha = alpha,
                LogZ = sums.LogWeight - row.Normaliser(alpha, 0),
                Mean = sums.Moments.Mean - row.Kappa,
                Variance = sums.Moments.Variance,
            };
        }
    }

    /// <summary>Moments about the mean at ½, from those about 0: d is small wherever they are asked for.</summary>
    private static CentralSums Central(in PartialRow row)
    {
        Moments half = row.Nodes[PathGrid.Half].Moments;
        double mean = half.Mean, second = half.Second / half.Weight, third = row.HalfThird / half.Weight, fourth = row.HalfFourth / half.Weight;
        return new CentralSums
        {
            Weight = 1,
            Second = second - (mean * mean),
            Third = third - (mean * ((3 * second) - (2 * mean * mean))),
            Fourth = fourth - (mean * ((4 * third) - (mean * ((6 * second) - (3 * mean * mean))))),
        };
    }

    /// <summary>The two nodes between which E_q[ℓ], which falls with α, changes sign.</summary>
    private static void SetBracket(ref PartialRow row, ReadOnlySpan<MeasuredPoint> nodes)
    {
        int low = 0;
        for (int node = 1; node < nodes.Length - 1 && nodes[node].Mean > 0; node++)
        {
            low = node;
        }

        row.Low = nodes[low];
        row.High = nodes[low + 1];
    }

    private static MeasuredPoint Root(ReadOnlySpan<double> coefficients, double low, double high)
    {
        Bracket bracket = new() { Low = low, High = high };
        MeasuredPoint point = PathGrid.Evaluate(coefficients, bracket.Middle);
        for (int step = 0; step < MostSteps; step++)
        {
            bracket.Narrow(point.Alpha, point.Mean);
            double next = bracket.Next(point.Alpha, point.Mean, -point.Variance);
            bool isLast = Math.Abs(next - point.Alpha) < 1e-15;
            point = PathGrid.Evaluate(coefficients, next);
            if (isLast)
            {
                break;
            }
        }

        return point;
    }

    /// <summary>The root of the cubic through E_q[ℓ] and its slope, −Var_q[ℓ], at both ends.</summary>
    private static double BetweenEnds(in MeasuredPoint low, in MeasuredPoint high)
    {
        double width = high.Alpha - low.Alpha;
        if (!(width > 0) || low.Mean == 0)
        {
            return low.Alpha;
        }

        double slope0 = -low.Variance * width, slope1 = -high.Variance * width, rise = high.Mean - low.Mean;
        double c2 = (3 * rise) - (2 * slope0) - slope1, c3 = slope0 + slope1 - (2 * rise);
        Bracket bracket = Bracket.Unit;
        double s = Math.Abs(low.Mean) < Math.Abs(high.Mean) ? 0 : 1;
        for (int step = 0; step < MostSteps; step++)
        {
            double value = low.Mean + (s * (slope0 + (s * (c2 + (s * c3))))), derivative = slope0 + (s * ((2 * c2) + (3 * s * c3)));
            bracket.Narrow(s, value);
            double next = bracket.Next(s, value, derivative);
            if (value == 0 || Math.Abs(next - s) < 1e-16)
            {
                break;
            }

            s = next;
        }

        return low.Alpha + (s * width);
    }

    /// <summary>Whether what E_q[ℓ] may still be at α is within the tolerance, or within what f64 can tell from 0.</summary>
    private static void Judge(ref PartialRow row, double alpha, double logZ, double variance, double doubt, double tolerance)
    {
        double rounding = Precision.Rounding(variance, row.Kappa, logZ), finest = Math.Max(tolerance * variance, rounding);
        bool isClose = doubt <= finest && doubt <= Math.Max(tolerance * Math.Max(1, -logZ), rounding);
        Answer(ref row, isClose ? RowStatus.Ok : RowStatus.NotConverged, alpha, logZ, doubt);
    }

    private static void Answer(ref PartialRow row, RowStatus status, double alpha, double logZ, double residual)
    {
        row.Answer = (int)status + 1;
        row.Alpha = alpha;
        row.LogZ = Math.Min(0, logZ);
        row.Residual = residual;
    }
}
