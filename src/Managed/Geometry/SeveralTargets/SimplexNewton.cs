using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Geometry;

/// <summary>
/// Newton's method for log Z(β) on the simplex, which is convex: each step by active sets (<see cref="SimplexStep"/>), shortened where log Z
/// does not fall as it should. One pass over the row a point.
/// </summary>
internal static unsafe class SimplexNewton
{
    /// <summary>All ℓ_i vary by no more than the rounding of scores near 1.</summary>
    private const double SmallestVariance = 1e-28;

    /// <summary>The share of the predicted fall of log Z that a step must bring.</summary>
    private const double SmallestFall = 1e-4;

    /// <summary>Convergence is quadratic: a step this much smaller than asked costs a pass at the most.</summary>
    private const double Finer = 1e-3;

    [SkipLocalsInit]
    internal static RowStatus Solve(ManyRow* row, in SolveManyOptions options, ManyPoint* point, out int iterations)
    {
        Span<double> step = stackalloc double[SeveralTargets.Most];
        double* beta = stackalloc double[SeveralTargets.Most];
        for (int i = 0; i < row->Count; i++)
        {
            beta[i] = 1.0 / row->Count;
        }

        iterations = 1;
        if (!ManyRow.Measure(row, beta, point))
        {
            return RowStatus.Disjoint;
        }

        if (!row->SupportsDiffer && point->LargestVariance <= SmallestVariance)
        {
            return RowStatus.Identical;
        }

        while (true)
        {
            double largest = SimplexStep.Solve(*point, options.Tolerance, step), residual = point->Residual();
            bool isBalanced = residual <= Math.Max(options.Tolerance * Math.Max(1, point->LargestKl()), point->Noise);
            if (isBalanced && largest <= Finer * options.Tolerance)
            {
                return End(row, point);
            }

            if (iterations >= options.MaxIterations || !TryAdvance(row, point, step, options.MaxIterations, ref iterations))
            {
                return isBalanced && largest <= options.Tolerance ? End(row, point) : RowStatus.NotConverged;
            }
        }
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

    /// <summary>Goes along the step until log Z has fallen enough, first all the way, then to where its slopes say that it is least.</summary>
    /// <returns>False when the passes are used up; the point then is the best so far.</returns>
    [SkipLocalsInit]
    private static bool TryAdvance(ManyRow* row, ManyPoint* point, ReadOnlySpan<double> step, int most, ref int iterations)
    {
        double* beta = stackalloc double[SeveralTargets.Most];
        ManyPoint trial;
        double slope = Slope(*point, step), length = 1, slack = Math.ScaleB(1 + Math.Abs(point->LogZ), -48);
        while (iterations < most)
        {
            for (int i = 0; i < row->Count; i++)
            {
                beta[i] = Math.Max(0, point->Beta[i] + (length * step[i]));
            }

            ManyRow.Measure(row, beta, &trial);
            iterations++;
            if (trial.LogZ <= point->LogZ + (SmallestFall * length * slope) + slack)
            {
                *point = trial;
                return true;
            }

            double there = Slope(trial, step);
            length *= Math.Clamp(slope / (slope - there), 0.05, 0.9);
        }

        return false;
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
