using System;

namespace Equipoise.Geometry;

/// <summary>A = L Lᵀ with L lower triangular; n rows of n.</summary>
internal static class Cholesky
{
    /// <summary>Puts L in the place of A, whose lower triangle alone is read; above the diagonal it leaves zeros.</summary>
    /// <returns>False when A is not positive definite.</returns>
    internal static bool TryFactor(Span<double> matrix, int n)
    {
        for (int j = 0; j < n; j++)
        {
            Span<double> row = matrix.Slice(j * n, n);
            double pivot = row[j] - Dot(row, row, j);
            if (!(pivot > 0) || !double.IsFinite(pivot))
            {
                return false;
            }

            row[j] = Math.Sqrt(pivot);
            row[(j + 1)..].Clear();
            for (int i = j + 1; i < n; i++)
            {
                Span<double> below = matrix.Slice(i * n, n);
                below[j] = (below[j] - Dot(below, row, j)) / row[j];
            }
        }

        return true;
    }

    /// <summary>x with L x = b, in the place of b, whose entries lie <paramref name="stride"/> apart.</summary>
    internal static void Solve(ReadOnlySpan<double> factor, int n, Span<double> values, int stride)
    {
        for (int i = 0; i < n; i++)
        {
            double sum = values[i * stride];
            for (int j = 0; j < i; j++)
            {
                sum -= factor[(i * n) + j] * values[j * stride];
            }

            values[i * stride] = sum / factor[(i * n) + i];
        }
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }
}
