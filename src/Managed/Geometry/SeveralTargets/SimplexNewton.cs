using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Geometry;

/// <summary>
/// Newton's method for log Z(β) on the simplex, which is convex: each step by active sets (<see cref="SimplexStep"/>), shortened where log Z
/// does not fall as it should. One pass over the row a point. Policies that peak far apart make log Z all but piecewise linear: where the
/// first points get nowhere, it is approached through smoother ones, from a low <see cref="ManyRow.Sharpness"/> up to 1.
/// </summary>
internal static unsafe class SimplexNewton
{
    /// <summary>The share of the predicted fall of log Z that a step must bring.</summary>
    private const double SmallestFall = 1e-4;

    /// <summary>A shortened step goes on while the slope is steeper than this share of the first.</summary>
    private const double SmallestFlattening = 0.7;

    /// <summary>Convergence is quadratic: a step this much smaller than asked costs a pass at the most.</summary>
    private const double Finer = 1e-3;

    /// <summary>Points after which a row that is no nearer than <see cref="Far"/> is approached from smoother ones.</summary>
    private const int Patience = 8;

    /// <summary>A residual relative to max(1, KL) that Newton's last points are far below.</summary>
    private const double Far = 0.05;

    /// <summary>Nats that the largest KL should measure at the first sharpness …</summary>
    private const double SmoothKl = 4;

    /// <summary>… which grows by this factor …</summary>
    private const double Sharpening = 3;

    /// <summary>… as soon as a step promises log Z a fall, relative to the sharpness, below this.</summary>
    private const double CoarseFall = 0.1;

    [SkipLocalsInit]
    internal static RowStatus Solve(ManyRow* row, in SolveManyOptions options, ManyPoint* point, out int iterations)
    {
        Span<double> step = stackalloc double[SeveralTargets.Most];
        iterations = 0;
        if (!Start(row, 1, point, ref iterations))
        {
            return RowStatus.Disjoint;
        }

        if (!row->SupportsDiffer && point->IsAllAlike())
        {
            return RowStatus.Identical;
        }

        bool isSmoothed = false;
        while (true)
        {
            double largest = SimplexStep.Solve(*point, options.Tolerance, step), scale = Math.Max(1, point->LargestKl()), residual = point->Residual();
            bool isBalanced = row->Sharpness == 1 && residual <= Math.Max(options.Tolerance * scale, point->Noise);
            if (isBalanced && largest <= Finer * options.Tolerance)
            {
                return End(row, point);
            }

            bool isLast = iterations >= options.MaxIterations;
            if (row->Sharpness < 1)
            {
                // The last pass is kept for log Z itself.
                bool isLastSmooth = iterations >= options.MaxIterations - 1;
                if (isLastSmooth || -Slope(*point, step) * row->Sharpness <= CoarseFall)
                {
                    Sharpen(row, isLastSmooth ? 1 : Math.Min(1, row->Sharpness * Sharpening), point, ref iterations);
                }
                else
                {
                    TryAdvance(row, point, step, options.MaxIterations - 1, ref iterations);
                }
            }
            else if (!isSmoothed && iterations >= Patience && iterations < options.MaxIterations - 1 && residual > Far * scale)
            {
                isSmoothed = true;
                Start(row, Math.Min(1 / Sharpening, SmoothKl / scale), point, ref iterations);
            }
            else if (isLast || !TryAdvance(row, point, step, options.MaxIterations, ref iterations))
            {
                return isBalanced && largest <= options.Tolerance ? End(row, point) : RowStatus.NotConverged;
            }
        }
    }

    /// <summary>Measures the middle of the simplex.</summary>
    /// <returns>False when no token is common to all policies.</returns>
    private static bool Start(ManyRow* row, double sharpness, ManyPoint* point, ref int iterations)
    {
        for (int i = 0; i < row->Count; i++)
        {
            point->Beta[i] = 1.0 / row->Count;
        }

        return Sharpen(row, sharpness, point, ref iterations);
    }

    /// <summary>Measures the same β again at another sharpness.</summary>
    [SkipLocalsInit]
    private static bool Sharpen(ManyRow* row, double sharpness, ManyPoint* point, ref int iterations)
    {
        double* beta = stackalloc double[SeveralTargets.Most];
        for (int i = 0; i < row->Count; i++)
        {
            beta[i] = point->Beta[i];
        }

        row->Sharpness = sharpness;
        iterations++;
        return ManyRow.Measure(row, beta, point);
    }

    /// <summary>Of two policies a corner is what <see cref="Equilibrium"/> calls an end of the path.</summary>
    private static RowStatus End(ManyRow* row, ManyPoint* point)
    {
        if (row->Count > 2 || (point->Beta[0] > 0 && point->Beta[1] > 0))
        {
            return RowStatus.Ok;
        }

        return point->Beta[1] == 0 ? RowStatus.AtTheta : RowStatus.AtTarget;
    }

    /// <summary>
    /// Goes along the step: all the way where log Z falls as it should, else to where it has fallen and its slope is no longer the first one's.
    /// Far from the optimum log Z is a polygon with rounded corners, so that a step may end long before its corner or long behind.
    /// </summary>
    /// <returns>False when the passes are used up without any fall; the point then is the best so far.</returns>
    [SkipLocalsInit]
    private static bool TryAdvance(ManyRow* row, ManyPoint* point, ReadOnlySpan<double> step, int most, ref int iterations)
    {
        ManyPoint origin = *point, trial;
        double first = Slope(origin, step), slack = Math.ScaleB(1 + Math.Abs(origin.LogZ), -48);
        double low = 0, high = 1, lowSlope = first, length = 1;
        while (iterations < most)
        {
            double slope = MeasureAlong(row, origin, step, length, &trial, ref iterations);
            bool hasFallen = trial.LogZ <= origin.LogZ + (SmallestFall * length * first) + slack;
            if (hasFallen)
            {
                *point = trial;
                (low, lowSlope) = (length, slope);
                if (length == 1 || slope >= SmallestFlattening * first)
                {
                    return true;
                }
            }
            else
            {
                high = length;
            }

            double share = hasFallen ? 0.5 : lowSlope / (lowSlope - slope);
            length = low + ((high - low) * Math.Clamp(share, 0.2, 0.8));
        }

        return low > 0;
    }

    /// <summary>Measures the point that lies so far along the step.</summary>
    /// <returns>The slope of log Z along the step there.</returns>
    [SkipLocalsInit]
    private static double MeasureAlong(
        ManyRow* row, in ManyPoint origin, ReadOnlySpan<double> step, double length, ManyPoint* trial, ref int iterations)
    {
        double* beta = stackalloc double[SeveralTargets.Most];
        for (int i = 0; i < row->Count; i++)
        {
            beta[i] = Math.Max(0, origin.Beta[i] + (length * step[i]));
        }

        ManyRow.Measure(row, beta, trial);
        iterations++;
        return Slope(*trial, step);
    }

    private static double Slope(in ManyPoint point, ReadOnlySpan<double> step)
    {
        double slope = 0;
        for (int i = 0; i < point.Count; i++)
        {
            slope += point.Gradient[i] * step[i];
        }

        return slope;
    }
}
