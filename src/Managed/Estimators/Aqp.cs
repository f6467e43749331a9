using System;
using Equipoise.Vectors;

namespace Equipoise.Estimators;

/// <summary>
/// The table of least mean variance among those whose p-weighted bias stays within a bound: minimise ∫₀¹ Var_p dp = Σ h²/K − hᵀMh, with
/// M_ij = C(n,i) C(n,j) / ((2n+1) C(2n,i+j)) and n = K − 1, subject to |p Q(p) − p log p| ≤ bound on a grid of p. A convex quadratic program.
/// </summary>
internal static unsafe class Aqp
{
    /// <summary>Points of the grid for each value of the table: the error between two of them exceeds theirs by 0.1 % at most.</summary>
    private const int PointsPerValue = 32;

    /// <exception cref="NotSupportedException">The program is too close to having no solution even for 106 bits.</exception>
    internal static void Fill(int k, double bound, double* h)
    {
        // f64 is enough but near the least bias of all, and a twentieth of the time.
        if (!TryFill<Plain>(k, bound, h) && !TryFill<DoubleDouble>(k, bound, h))
        {
            throw new NotSupportedException("the program of least variance has hardly a solution: choose a larger rho or a smaller k");
        }
    }

    private static bool TryFill<T>(int k, double bound, double* h)
        where T : struct, IReal<T>
    {
        int points = PointsPerValue * Math.Max(k, 4);
        T[] rows = new T[points * k], middles = new T[points];
        BernsteinBasis basis = new(k - 1);
        for (int i = 0; i < points; i++)
        {
            double sine = i == points - 1 ? 1 : Math.Sin(Math.PI / 2 * (i + 1) / points), p = sine * sine;
            basis.Evaluate(p);
            middles[i] = T.Of(DoubleDouble.Log(p) * p);
            for (int j = 0; j < k; j++)
            {
                rows[(i * k) + j] = T.Of(basis[j] * p);
            }
        }

        double[] start = new double[k];
        fixed (double* from = start)
        {
            ClosedForms.Harmonic(k, from - 1);
        }

        T[]? found = new InteriorPoint<T>(Variance<T>(basis, k), rows, middles, bound).Solve(start);
        for (int j = 0; found != null && j < k; j++)
        {
            h[j + 1] = found[j].High;
        }

        return found != null;
    }

    /// <summary>Twice the quadratic form of the mean variance.</summary>
    private static T[] Variance<T>(BernsteinBasis basis, int k)
        where T : struct, IReal<T>
    {
        BernsteinBasis twice = new(2 * (k - 1));
        T[] form = new T[k * k];
        for (int i = 0; i < k; i++)
        {
            for (int j = 0; j < k; j++)
            {
                DoubleDouble product = basis.Binomial(i) * basis.Binomial(j) / twice.Binomial(i + j) / ((2 * k) - 1);
                DoubleDouble own = i == j ? (DoubleDouble)1 / k : 0;
                form[(i * k) + j] = T.Of((own - product) * 2);
            }
        }

        return form;
    }
}
