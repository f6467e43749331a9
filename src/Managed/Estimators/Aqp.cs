using System;

namespace Equipoise.Estimators;

/// <summary>
/// The table of least mean variance among those whose p-weighted bias stays within a bound: minimise ∫₀¹ Var_p dp = Σ h²/K − hᵀMh, with
/// M_ij = C(n,i) C(n,j) / ((2n+1) C(2n,i+j)) and n = K − 1, subject to |p Q(p) − p log p| ≤ bound on a grid of p. A convex quadratic program.
/// </summary>
internal static unsafe class Aqp
{
    /// <summary>Points of the grid for each value of the table: the error between two of them exceeds theirs by 0.1 % at most.</summary>
    private const int PointsPerValue = 32;

    internal static void Fill(int k, double bound, double* h)
    {
        int points = PointsPerValue * Math.Max(k, 4);
        double[] rows = new double[points * k], middles = new double[points];
        BernsteinBasis basis = new(k - 1);
        for (int i = 0; i < points; i++)
        {
            double sine = i == points - 1 ? 1 : Math.Sin(Math.PI / 2 * (i + 1) / points), p = sine * sine;
            basis.Evaluate(p);
            middles[i] = p * Math.Log(p);
            for (int j = 0; j < k; j++)
            {
                rows[(i * k) + j] = p * basis[j].High;
            }
        }

        double[] start = new double[k];
        fixed (double* from = start)
        {
            ClosedForms.Harmonic(k, from - 1);
        }

        double[] found = new InteriorPoint(Variance(k), rows, middles, bound).Solve(start);
        found.CopyTo(new Span<double>(h + 1, k));
    }

    /// <summary>Twice the quadratic form of the mean variance.</summary>
    private static double[] Variance(int k)
    {
        int n = k - 1;
        double[] logs = new double[(2 * n) + 1], form = new double[k * k];
        for (int i = 2; i < logs.Length; i++)
        {
            logs[i] = logs[i - 1] + Math.Log(i);
        }

        for (int i = 0; i < k; i++)
        {
            for (int j = 0; j < k; j++)
            {
                double choices = (2 * logs[n]) - logs[i] - logs[n - i] - logs[j] - logs[n - j];
                double product = Math.Exp(choices - logs[2 * n] + logs[i + j] + logs[(2 * n) - i - j]) / ((2 * n) + 1);
                form[(i * k) + j] = 2 * ((i == j ? 1.0 / k : 0) - product);
            }
        }

        return form;
    }
}
