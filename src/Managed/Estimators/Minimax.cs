using System;
using System.Collections.Generic;
using Equipoise.Vectors;

namespace Equipoise.Estimators;

/// <summary>
/// The table whose p-weighted sup bias is least: Remez' exchange for the best approximation of p log p by p Q(p), Q of degree K − 1, on (0, 1].
/// The functions p B_j(p) are a Haar system there, so that the best Q is the one whose error takes its largest size K + 1 times in turn.
/// </summary>
/// <remarks>In <see cref="DoubleDouble"/>: Bernstein coefficients amplify errors of the equations by about 2^K.</remarks>
internal sealed unsafe class Minimax
{
    /// <summary>The largest K that 106 bits are enough for.</summary>
    internal const int LargestK = 64;

    private const int LargestRounds = 60;

    /// <summary>How far the largest error may exceed the level that no table goes below.</summary>
    private const double Tolerance = 1e-10;

    /// <summary>Points of the search between neighbouring extremes.</summary>
    private const int PointsPerExtreme = 32;

    private readonly int k;
    private readonly BernsteinBasis basis;
    private readonly DoubleDouble[] values;
    private readonly double[] extremes;

    private Minimax(int k)
    {
        this.k = k;
        basis = new BernsteinBasis(k - 1);
        values = new DoubleDouble[k];
        extremes = new double[k + 1];
    }

    /// <summary>
    /// Fills h[1..k]. The answer is the level that every table's bias reaches at least (de la Vallée Poussin), which is this one's bias too.
    /// </summary>
    internal static double Fill(int k, double* h)
    {
        Minimax search = new(k);
        double level = search.Solve();
        for (int c = 1; c <= k; c++)
        {
            h[c] = search.values[c - 1].High;
        }

        return level;
    }

    /// <summary>The least bias of any table of <paramref name="k"/>.</summary>
    internal static double LeastBias(int k) => new Minimax(k).Solve();

    private double Solve()
    {
        // The angles of p = sin²(θ/2) at which a Chebyshev polynomial has its extremes, less the one at p = 0.
        for (int i = 0; i <= k; i++)
        {
            extremes[i] = Math.PI * (i + 1) / (k + 1);
        }

        for (int round = 0; round < LargestRounds; round++)
        {
            double level = Level();
            double largest = Exchange();
            if (largest <= level * (1 + Tolerance))
            {
                return level;
            }
        }

        throw new InvalidOperationException($"no equal extremes after {LargestRounds} exchanges for k = {k}");
    }

    /// <summary>The table whose errors at the extremes are equal in size and take turns in sign; their size.</summary>
    private double Level()
    {
        int unknowns = k + 1;
        DoubleDouble[,] equations = new DoubleDouble[unknowns, unknowns + 1];
        for (int i = 0; i < unknowns; i++)
        {
            double p = ProbabilityAt(extremes[i]);
            basis.Evaluate(p);
            for (int j = 0; j < k; j++)
            {
                equations[i, j] = basis[j] * p;
            }

            equations[i, k] = i % 2 == 0 ? 1 : -1;
            equations[i, unknowns] = DoubleDouble.Log(p) * p;
        }

        DoubleDouble[] solution = LinearSystem.Solve(equations);
        Array.Copy(solution, values, k);
        return Math.Abs(solution[k].High);
    }

    /// <summary>Moves the extremes to where the error now has them; the largest of all.</summary>
    private double Exchange()
    {
        List<(double Angle, double Error)> found = Turns();
        while (found.Count > k + 1)
        {
            // Neighbours of unlike sign remain: one too many goes at an end, two go together from the middle.
            int smallest = Math.Abs(found[0].Error) < Math.Abs(found[^1].Error) ? 0 : found.Count - 1;
            found.RemoveAt(smallest);
        }

        double largest = 0;
        for (int i = 0; i < found.Count; i++)
        {
            extremes[i] = found[i].Angle;
            largest = Math.Max(largest, Math.Abs(found[i].Error));
        }

        return found.Count == k + 1 ? largest : throw new InvalidOperationException($"{found.Count} extremes for k = {k}");
    }

    /// <summary>The largest error of each stretch of one sign, in order.</summary>
    private List<(double Angle, double Error)> Turns()
    {
        List<(double Angle, double Error)> found = [];
        int points = PointsPerExtreme * (k + 1);
        double step = Math.PI / points;
        for (int i = 1; i <= points; i++)
        {
            double angle = step * i, error = Error(angle);
            if (found.Count == 0 || error < 0 != found[^1].Error < 0)
            {
                found.Add((angle, error));
            }
            else if (Math.Abs(error) > Math.Abs(found[^1].Error))
            {
                found[^1] = (angle, error);
            }
        }

        for (int i = 0; i < found.Count; i++)
        {
            found[i] = Refined(found[i].Angle, step, Math.Sign(found[i].Error));
        }

        return found;
    }

    /// <summary>The largest error within a step of an angle, by golden sections.</summary>
    private (double Angle, double Error) Refined(double angle, double step, int sign)
    {
        const double Golden = 0.6180339887498949;
        double low = angle - step, high = Math.Min(Math.PI, angle + step);
        double a = high - (Golden * (high - low)), b = low + (Golden * (high - low)), atA = sign * Error(a), atB = sign * Error(b);
        for (int i = 0; i < 40; i++)
        {
            if (atA > atB)
            {
                (high, b, atB) = (b, a, atA);
                a = high - (Golden * (high - low));
                atA = sign * Error(a);
            }
            else
            {
                (low, a, atA) = (a, b, atB);
                b = low + (Golden * (high - low));
                atB = sign * Error(b);
            }
        }

        double middle = (low + high) / 2, end = sign * Error(Math.PI);
        return high == Math.PI && end > atA && end > atB ? (Math.PI, sign * end) : (middle, Error(middle));
    }

    /// <summary>p Q(p) − p log p.</summary>
    private double Error(double angle)
    {
        double p = ProbabilityAt(angle);
        if (p == 0)
        {
            return 0;
        }

        basis.Evaluate(p);
        DoubleDouble sum = 0;
        for (int j = 0; j < k; j++)
        {
            sum += basis[j] * values[j];
        }

        return p * (sum - Math.Log(p)).High;
    }

    private static double ProbabilityAt(double angle)
    {
        double sine = Math.Sin(angle / 2);
        return sine * sine;
    }
}
