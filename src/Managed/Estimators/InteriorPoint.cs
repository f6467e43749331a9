using System;

namespace Equipoise.Estimators;

/// <summary>
/// min ½ xᵀGx subject to |A x − b| ≤ r in every row: the predictor–corrector method of Mehrotra (1992) for convex quadratic programs, with an
/// upper and a lower slack for every row of A.
/// </summary>
internal sealed class InteriorPoint
{
    private const int LargestRounds = 200;
    private const double Tolerance = 1e-12;
    private const double GapTolerance = 1e-9;

    /// <summary>How much of the way to the nearest wall a step may go.</summary>
    private const double Caution = 0.995;

    /// <summary>Where a row's slack begins that the start violates, in radii.</summary>
    private const double LeastSlack = 0.1;

    private readonly int unknowns;
    private readonly int rows;
    private readonly double[] form;
    private readonly double[] matrix;
    private readonly double[] middles;
    private readonly double radius;

    // The point: unknowns, and for both sides of every row (upper ones first) a slack and a multiplier.
    private readonly double[] x;
    private readonly double[] slacks;
    private readonly double[] multipliers;

    private readonly double[] step;
    private readonly double[] slackSteps;
    private readonly double[] multiplierSteps;
    private readonly double[] misses;
    private readonly double[] gradient;
    private readonly double[] images;
    private readonly double[] normal;

    internal InteriorPoint(double[] form, double[] matrix, double[] middles, double radius)
    {
        (this.form, this.matrix, this.middles, this.radius) = (form, matrix, middles, radius);
        rows = middles.Length;
        unknowns = matrix.Length / rows;
        (x, step, gradient) = (new double[unknowns], new double[unknowns], new double[unknowns]);
        (slacks, multipliers, misses) = (new double[2 * rows], new double[2 * rows], new double[2 * rows]);
        (slackSteps, multiplierSteps, images) = (new double[2 * rows], new double[2 * rows], new double[rows]);
        normal = new double[unknowns * unknowns];
    }

    /// <summary>The minimum, from any point.</summary>
    /// <exception cref="NotSupportedException">The program is too close to having no solution for f64.</exception>
    internal double[] Solve(double[] start)
    {
        start.CopyTo(x, 0);
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
                break;
            }

            Factor();
            Move(0, 0);
            double ahead = GapAhead(StepLength(slacks, slackSteps, 1), StepLength(multipliers, multiplierSteps, 1));
            double centring = Math.Pow(ahead / gap, 3);
            Move(centring * gap, 1);
            Take(Math.Min(StepLength(slacks, slackSteps, Caution), StepLength(multipliers, multiplierSteps, Caution)));
        }

        throw new NotSupportedException("the program of least variance has hardly a solution: choose a larger rho or a smaller k");
    }

    private void Begin()
    {
        Apply(x);
        for (int i = 0; i < rows; i++)
        {
            slacks[i] = Math.Max(radius + middles[i] - images[i], LeastSlack * radius);
            slacks[rows + i] = Math.Max(radius - middles[i] + images[i], LeastSlack * radius);
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
            misses[i] = images[i] + slacks[i] - middles[i] - radius;
            misses[rows + i] = -images[i] + slacks[rows + i] + middles[i] - radius;
            products += (slacks[i] * multipliers[i]) + (slacks[rows + i] * multipliers[rows + i]);
        }

        for (int j = 0; j < unknowns; j++)
        {
            gradient[j] = Dot(form.AsSpan(j * unknowns, unknowns), x);
        }

        AddTransposed(gradient, i => multipliers[i] - multipliers[rows + i]);
        return products / (2 * rows);
    }

    private bool IsDone(double gap)
    {
        double scale = 1 + Largest(x);
        return gap * 2 * rows < GapTolerance && Largest(misses) < Tolerance * scale && Largest(gradient) < GapTolerance * scale;
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
            double weight = (multipliers[i] / slacks[i]) + (multipliers[rows + i] / slacks[rows + i]);
            ReadOnlySpan<double> row = matrix.AsSpan(i * unknowns, unknowns);
            for (int j = 0; j < unknowns; j++)
            {
                double factor = weight * row[j];
                Span<double> to = normal.AsSpan(j * unknowns, j + 1);
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
                double rest = normal[(j * unknowns) + l] - Dot(normal.AsSpan(j * unknowns, l), normal.AsSpan(l * unknowns, l));
                normal[(j * unknowns) + l] = l < j ? rest / normal[(l * unknowns) + l] : Math.Sqrt(Math.Max(rest, 1e-300));
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

        for (int j = 0; j < unknowns; j++)
        {
            step[j] = gradient[j];
        }

        AddTransposed(step, i => multiplierSteps[i] - multiplierSteps[rows + i]);
        Substitute();
        Apply(step);
        for (int i = 0; i < rows; i++)
        {
            slackSteps[i] = -misses[i] - images[i];
            slackSteps[rows + i] = -misses[rows + i] + images[i];
            multiplierSteps[i] += multipliers[i] * images[i] / slacks[i];
            multiplierSteps[rows + i] -= multipliers[rows + i] * images[i] / slacks[rows + i];
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
            double rest = step[j];
            for (int l = j + 1; l < unknowns; l++)
            {
                rest -= normal[(l * unknowns) + j] * step[l];
            }

            step[j] = rest / normal[(j * unknowns) + j];
        }

        for (int j = 0; j < unknowns; j++)
        {
            step[j] = -step[j];
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
            x[j] += length * step[j];
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
    private void Apply(double[] v)
    {
        for (int i = 0; i < rows; i++)
        {
            images[i] = Dot(matrix.AsSpan(i * unknowns, unknowns), v);
        }
    }

    /// <summary>sum += Aᵀ w.</summary>
    private void AddTransposed(double[] sum, Func<int, double> w)
    {
        for (int i = 0; i < rows; i++)
        {
            double weight = w(i);
            ReadOnlySpan<double> row = matrix.AsSpan(i * unknowns, unknowns);
            for (int j = 0; j < unknowns; j++)
            {
                sum[j] += weight * row[j];
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
