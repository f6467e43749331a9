using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Geometry;

/// <summary>
/// Newton's step on the simplex: the p that minimises g·p + ½ pᵀHp among those with Σp = 0 and β + p ≥ 0, by active sets. It touches no
/// row data.
/// </summary>
internal unsafe ref struct SimplexStep
{
    /// <summary>Changes of the active set; a cycle is impossible but for rounding.</summary>
    private const int LargestTurns = 8 * SeveralTargets.Most;

    /// <summary>No step within the simplex is this long: one that wants to be hits its boundary first.</summary>
    private const double LongestStep = 1e3;

    private readonly ref readonly ManyPoint point;
    private readonly Span<double> step;
    private readonly Span<bool> isFree;
    private readonly double tolerance;
    private Span<double> gradient;

    private SimplexStep(in ManyPoint point, Span<double> step, Span<bool> isFree, Span<double> gradient, double tolerance)
    {
        this.point = ref point;
        this.step = step;
        this.isFree = isFree;
        this.gradient = gradient;
        this.tolerance = tolerance;
    }

    private readonly int Count => point.Count;

    /// <summary>The step from a point; β + p is exactly 0 where the step ends on the boundary.</summary>
    /// <param name="point">Where, with gradient and Hessian.</param>
    /// <param name="tolerance">Directions in which rounding alone would move β by more than this are left alone.</param>
    /// <param name="step">[k] out.</param>
    /// <returns>The largest |p_i|.</returns>
    internal static double Solve(in ManyPoint point, double tolerance, Span<double> step)
    {
        SimplexStep search = new(
            point, step, stackalloc bool[SeveralTargets.Most], stackalloc double[SeveralTargets.Most], tolerance);
        search.Run();
        double largest = 0;
        foreach (double p in step[..point.Count])
        {
            largest = Math.Max(largest, Math.Abs(p));
        }

        return largest;
    }

    private void Run()
    {
        Span<double> direction = stackalloc double[SeveralTargets.Most];
        step.Clear();
        for (int i = 0; i < Count; i++)
        {
            isFree[i] = point.Beta[i] > 0;
        }

        SetGradient();
        for (int turn = 0; turn < LargestTurns; turn++)
        {
            double largest = SetDirection(direction);
            if (largest > 1e-16)
            {
                Advance(direction);
                SetGradient();
            }
            else if (!TryRelease())
            {
                return;
            }
        }
    }

    /// <summary>g + Hp.</summary>
    private readonly void SetGradient()
    {
        for (int i = 0; i < Count; i++)
        {
            gradient[i] = point.Gradient[i];
            for (int j = 0; j < Count; j++)
            {
                gradient[i] += point.Hessian[(i * Count) + j] * step[j];
            }
        }
    }

    /// <summary>Takes the direction to where it ends or the first of the free β reaches 0, which is free no more.</summary>
    private readonly void Advance(ReadOnlySpan<double> direction)
    {
        double length = 1;
        int blocking = -1;
        for (int i = 0; i < Count; i++)
        {
            double room = point.Beta[i] + step[i];
            if (isFree[i] && direction[i] < 0 && room < -direction[i] * length)
            {
                length = room / -direction[i];
                blocking = i;
            }
        }

        for (int i = 0; i < Count; i++)
        {
            step[i] += isFree[i] ? length * direction[i] : 0;
        }

        if (blocking >= 0)
        {
            step[blocking] = -point.Beta[blocking];
            isFree[blocking] = false;
        }
    }

    /// <summary>Frees the β at 0 that would gain most by growing.</summary>
    private readonly bool TryRelease()
    {
        double mean = 0, least = double.PositiveInfinity;
        int free = 0, best = -1;
        for (int i = 0; i < Count; i++)
        {
            mean += isFree[i] ? gradient[i] : 0;
            free += isFree[i] ? 1 : 0;
            if (!isFree[i] && gradient[i] < least)
            {
                (least, best) = (gradient[i], i);
            }
        }

        if (best < 0 || least >= (mean / free) - point.Noise)
        {
            return false;
        }

        isFree[best] = true;
        return true;
    }

    /// <summary>
    /// The step to the minimum on the face of the free β, along the eigenvectors of the Hessian within the face: one with no curvature is
    /// followed to the boundary where it goes down, and left alone where rounding alone moves it.
    /// </summary>
    [SkipLocalsInit]
    private readonly double SetDirection(Span<double> direction)
    {
        Span<double> matrix = stackalloc double[SeveralTargets.Most * SeveralTargets.Most], vectors = stackalloc double[SeveralTargets.Most * SeveralTargets.Most];
        Span<double> slopes = stackalloc double[SeveralTargets.Most], along = stackalloc double[SeveralTargets.Most];
        Span<int> members = stackalloc int[SeveralTargets.Most];
        int free = 0;
        for (int i = 0; i < Count; i++)
        {
            if (isFree[i])
            {
                members[free++] = i;
            }
        }

        int n = free - 1;
        Restrict(members[..free], matrix, slopes);
        SymmetricEigen.Solve(matrix, vectors, n);
        along.Clear();
        for (int v = 0; v < n; v++)
        {
            double slope = 0;
            for (int j = 0; j < n; j++)
            {
                slope += vectors[(j * n) + v] * slopes[j];
            }

            double length = Length(slope, matrix[(v * n) + v]);
            for (int j = 0; j < n; j++)
            {
                along[j] += vectors[(j * n) + v] * length;
            }
        }

        return Spread(members[..free], along, direction);
    }

    private readonly double Length(double slope, double curvature)
    {
        bool isRounding = Math.Abs(slope) <= point.Noise && curvature * tolerance < point.Noise;
        return isRounding || slope == 0 ? 0 : -slope / Math.Max(curvature, Math.Abs(slope) / LongestStep);
    }

    /// <summary>
    /// Hessian and gradient along Helmert's orthonormal basis of what sums to 0: vector j is 1/√(j(j+1)) in the first j members and
    /// −j/√(j(j+1)) in the next.
    /// </summary>
    private readonly void Restrict(ReadOnlySpan<int> members, Span<double> matrix, Span<double> slopes)
    {
        int n = members.Length - 1;
        Span<double> products = stackalloc double[SeveralTargets.Most];
        for (int a = 1; a <= n; a++)
        {
            double sum = 0;
            for (int m = 0; m < a; m++)
            {
                sum += gradient[members[m]] - gradient[members[a]];
            }

            slopes[a - 1] = sum / Math.Sqrt(a * (a + 1.0));
            for (int m = 0; m <= n; m++)
            {
                products[m] = 0;
                for (int l = 0; l < a; l++)
                {
                    products[m] += point.Hessian[(members[m] * Count) + members[l]] - point.Hessian[(members[m] * Count) + members[a]];
                }
            }

            for (int b = 1; b <= a; b++)
            {
                double entry = 0;
                for (int m = 0; m < b; m++)
                {
                    entry += products[m] - products[b];
                }

                matrix[((a - 1) * n) + b - 1] = matrix[((b - 1) * n) + a - 1] = entry / Math.Sqrt(a * (a + 1.0) * b * (b + 1.0));
            }
        }
    }

    /// <summary>The direction that has these coordinates in Helmert's basis; its largest entry.</summary>
    private readonly double Spread(ReadOnlySpan<int> members, ReadOnlySpan<double> along, Span<double> direction)
    {
        direction.Clear();
        for (int a = 1; a < members.Length; a++)
        {
            double share = along[a - 1] / Math.Sqrt(a * (a + 1.0));
            for (int m = 0; m < a; m++)
            {
                direction[members[m]] += share;
            }

            direction[members[a]] -= a * share;
        }

        double largest = 0;
        foreach (double entry in direction)
        {
            largest = Math.Max(largest, Math.Abs(entry));
        }

        return largest;
    }
}
