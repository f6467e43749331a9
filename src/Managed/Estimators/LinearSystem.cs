using System;
using Equipoise.Vectors;

namespace Equipoise.Estimators;

/// <summary>Gauss' elimination with row exchanges, to 106 bits.</summary>
internal static class LinearSystem
{
    /// <summary>Solves n equations, each n coefficients and the right side; the equations are used up.</summary>
    internal static DoubleDouble[] Solve(DoubleDouble[,] equations)
    {
        int n = equations.GetLength(0);
        for (int column = 0; column < n; column++)
        {
            Exchange(equations, column, Pivot(equations, column));
            for (int row = column + 1; row < n; row++)
            {
                DoubleDouble factor = equations[row, column] / equations[column, column];
                for (int i = column + 1; i <= n; i++)
                {
                    equations[row, i] -= factor * equations[column, i];
                }
            }
        }

        return Substitute(equations);
    }

    private static int Pivot(DoubleDouble[,] equations, int column)
    {
        int largest = column;
        for (int row = column + 1; row < equations.GetLength(0); row++)
        {
            largest = Math.Abs(equations[row, column].High) > Math.Abs(equations[largest, column].High) ? row : largest;
        }

        return largest;
    }

    private static void Exchange(DoubleDouble[,] equations, int row, int other)
    {
        for (int i = 0; i < equations.GetLength(1) && row != other; i++)
        {
            (equations[row, i], equations[other, i]) = (equations[other, i], equations[row, i]);
        }
    }

    private static DoubleDouble[] Substitute(DoubleDouble[,] equations)
    {
        int n = equations.GetLength(0);
        DoubleDouble[] solution = new DoubleDouble[n];
        for (int row = n - 1; row >= 0; row--)
        {
            DoubleDouble rest = equations[row, n];
            for (int i = row + 1; i < n; i++)
            {
                rest -= equations[row, i] * solution[i];
            }

            solution[row] = rest / equations[row, row];
        }

        return solution;
    }
}
