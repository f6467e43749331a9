using System;
using Equipoise.Vectors;

namespace Equipoise.Estimators;

/// <summary>
/// min ½ xᵀGx subject to |A x − b| ≤ r in every row: the predictor–corrector method of Mehrotra (1992) for convex quadratic programs, with an
/// upper and a lower slack for every row of A. Products and factors are those of <typeparamref name="T"/>.
/// </summary>
internal sealed class InteriorPoint<T>
    where T : struct, IReal<T>
{
    private const int LargestRounds = 200;

    /// <summary>How far a row may exceed the radius, in radii, but for rounding; and the optimum be missed, in units of its own size.</summary>
    private const double Tolerance = 1e-9;
    private const double Roundings = 256;

    /// <summary>Stands for a pivot that rounding has eaten.</summary>
    private const double Least = 1e-150;

    /// <summary>How much of the way to the nearest wall a step may go.</summary>
    private const double Caution = 0.995;

    /// <summary>Where a row's slack begins that the start violates, in radii.</summary>
    private const double LeastSlack = 0.1;

    private readonly int unknowns;
    private readonly int rows;
    private readonly T[] form;
    private readonly T[] matrix;
    private readonly T[] middles;
    private readonly double radius;
    private double value;

    // The point: unknowns, and for both sides of every row (upper ones first) a slack and a multiplier.
    private readonly T[] x;
    private readonly double[] slacks;
    private readonly double[] multipliers;

    private readonly T[] step;
    private readonly double[] slackSteps;
    private readonly double[] multiplierSteps;
    private readonly double[] misses;
    private readonly T[] gradient;
    private readonly T[] images;
    private readonly T[] normal;

    internal InteriorPoint(T[] form, T[] matrix, T[] middles, double radius)
    {
        (this.form, this.matrix, this.middles, this.radius) = (form, matrix, middles, radius);
        rows = middles.Length;
        unknowns = matrix.Length / rows;
        (x, step, gradient) = (new T[unknowns], new T[unknowns], new T[unknowns]);
        (slacks, multipliers, misses) = (new double[2 * rows], new double[2 * rows], new double[2 * rows]);
        (slackSteps, multiplierSteps, images) = (new double[2 * rows], new double[2 * rows], new T[rows]);
        normal = new T[unknowns * unknowns];
    }

    /// <summary>The minimum, from any point; null where the program is too close to having no solution for these numbers.</summary>
    internal T[]? Solve(double[] start)
    {
        for (int j = 0; j < unknowns; j++)
        {
            x[j] = T.Of(start[j]);
        }

        Begin();
        for (int round = 0; round < LargestRounds; round++)
        {
            double gap = Measure();
            if (IsDone(gap))
            {
                return x;
            }

            if (!double.IsFinite(gap))
            {
                return null;
            }

            Factor();
            Move(0, 0);
            double ahead = GapAhead(StepLength(slacks, slackSteps, 1), StepLength(multipliers, multiplierSteps, 1));
            double centring = Math.Pow(ahead / gap, 3);
            Move(centring * gap, 1);
            Take(Math.Min(StepLength(slacks, slackSteps, Caution), StepLength(multipliers, multiplierSteps, Caution)));
        }

        return null;
    }

    private void Begin()
    {
        Apply(x);
        for (int i = 0; i < rows; i++)
        {
            double apart = (images[i] - middles[i]).High;
            slacks[i] = Math.Max(radius - apart, LeastSlack * radius);
            slacks[rows + i] = Math.Max(radius + apart, LeastSlack * radius);
            multipliers[i] = radius / slacks[i] / rows;
            multipliers[rows + i] = radius / slacks[rows + i] / rows;
        }
    }

    /// <summary>The residuals of the point; the mean product of slack and multiplier.</summary>
    private double Measure()
    {
        Apply(x);
        double products = 0;
        for (int i = 0; i < rows; i++)
        {
            double apart = (images[i] - middles[i]).High;
            misses[i] = apart + slacks[i] - radius;
            misses[rows + i] = slacks[rows + i] - apart - radius;
            products += (slacks[i] * multipliers[i]) + (slacks[rows + i] * multipliers[rows + i]);
        }

        T twice = default;
        for (int j = 0; j < unknowns; j++)
        {
            gradient[j] = Dot(form.AsSpan(j * unknowns, unknowns), x);
            twice += x[j] * gradient[j];
        }

        value = twice.High / 2;
        AddTransposed(gradient, i => multipliers[i] - multipliers[rows + i]);
        return products / (2 * rows);
    }

    private bool IsDone(double gap)
    {
        double size = 1 + Largest(x), rounding = Roundings * T.Epsilon * size;
        return gap * 2 * rows < Tolerance * (1 + Math.Abs(value)) && Largest(misses) < (Tolerance * radius) + rounding && Largest(gradient) < Tolerance * size;
    }

    private static double Largest(T[] values)
    {
        double largest = 0;
        foreach (T value in values)
        {
            largest = Math.Max(largest, Math.Abs(value.High));
        }

        return largest;
    }

    private static double Largest(double[] values)
    {
        double largest = 0;
        foreach (double value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }

    /// <summary>Cholesky's factor of G + Aᵀ diag(multiplier/slack) A, in the lower triangle.</summary>
    private void Factor()
    {
        form.CopyTo(normal, 0);
        for (int i = 0; i < rows; i++)
        {
            T weight = T.Of((multipliers[i] / slacks[i]) + (multipliers[rows + i] / slacks[rows + i]));
            ReadOnlySpan<T> row = matrix.AsSpan(i * unknowns, unknowns);
            for (int j = 0; j < unknowns; j++)
            {
                T factor = weight * row[j];
                Span<T> to = normal.AsSpan(j * unknowns, j + 1);
                for (int l = 0; l < to.Length; l++)
                {
                    to[l] += factor * row[l];
                }
            }
        }

        for (int j = 0; j < unknowns; j++)
        {
            for (int l = 0; l <= j; l++)
            {
                T rest = normal[(j * unknowns) + l] - Dot(normal.AsSpan(j * unknowns, l), normal.AsSpan(l * unknowns, l));
                normal[(j * unknowns) + l] = l < j ? rest / normal[(l * unknowns) + l] : rest.High > 0 ? T.Sqrt(rest) : T.Of(Least);
            }
        }
    }

    /// <summary>Newton's step towards products of <paramref name="target"/>; <paramref name="order"/> 1 corrects for the last step's product.</summary>
    private void Move(double target, int order)
    {
        for (int i = 0; i < slacks.Length; i++)
        {
            // From here on multiplierSteps holds what the complementarity asks of the multipliers, the step of x left out.
            double product = (slacks[i] * multipliers[i]) + (order * slackSteps[i] * multiplierSteps[i]) - target;
            multiplierSteps[i] = ((multipliers[i] * misses[i]) - product) / slacks[i];
        }

        gradient.CopyTo(step, 0);
        AddTransposed(step, i => multiplierSteps[i] - multiplierSteps[rows + i]);
        Substitute();
        Apply(step);
        for (int i = 0; i < rows; i++)
        {
            double image = images[i].High;
            slackSteps[i] = -misses[i] - image;
            slackSteps[rows + i] = -misses[rows + i] + image;
            multiplierSteps[i] += multipliers[i] * image / slacks[i];
            multiplierSteps[rows + i] -= multipliers[rows + i] * image / slacks[rows + i];
        }
    }

    /// <summary>step ← −(LLᵀ)⁻¹ step.</summary>
    private void Substitute()
    {
        for (int j = 0; j < unknowns; j++)
        {
            step[j] = (step[j] - Dot(normal.AsSpan(j * unknowns, j), step)) / normal[(j * unknowns) + j];
        }

        for (int j = unknowns - 1; j >= 0; j--)
        {
            T rest = step[j];
            for (int l = j + 1; l < unknowns; l++)
            {
                rest -= normal[(l * unknowns) + j] * step[l];
            }

            step[j] = rest / normal[(j * unknowns) + j];
        }

        for (int j = 0; j < unknowns; j++)
        {
            step[j] = default(T) - step[j];
        }
    }

    private double GapAhead(double slackLength, double multiplierLength)
    {
        double products = 0;
        for (int i = 0; i < slacks.Length; i++)
        {
            products += (slacks[i] + (slackLength * slackSteps[i])) * (multipliers[i] + (multiplierLength * multiplierSteps[i]));
        }

        return products / slacks.Length;
    }

    private void Take(double length)
    {
        for (int j = 0; j < unknowns; j++)
        {
            x[j] += T.Of(length) * step[j];
        }

        for (int i = 0; i < slacks.Length; i++)
        {
            slacks[i] += length * slackSteps[i];
            multipliers[i] += length * multiplierSteps[i];
        }
    }

    /// <summary>How far all values stay positive, at most 1.</summary>
    private static double StepLength(double[] values, double[] steps, double caution)
    {
        double length = 1;
        for (int i = 0; i < values.Length; i++)
        {
            length = steps[i] < 0 ? Math.Min(length, caution * -values[i] / steps[i]) : length;
        }

        return length;
    }

    /// <summary>images ← A v.</summary>
    private void Apply(T[] v)
    {
        for (int i = 0; i < rows; i++)
        {
            images[i] = Dot(matrix.AsSpan(i * unknowns, unknowns), v);
        }
    }

    /// <summary>sum += Aᵀ w.</summary>
    private void AddTransposed(T[] sum, Func<int, double> w)
    {
        for (int i = 0; i < rows; i++)
        {
            T weight = T.Of(w(i));
            ReadOnlySpan<T> row = matrix.AsSpan(i * unknowns, unknowns);
            for (int j = 0; j < unknowns; j++)
            {
                sum[j] += weight * row[j];
            }
        }
    }

    private static T Dot(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
    {
        T sum = default;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
