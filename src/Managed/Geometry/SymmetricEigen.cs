using System;

namespace Equipoise.Geometry;

/// <summary>Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations: exact to rounding, singular or not.</summary>
internal static class SymmetricEigen
{
    private const int LargestSweeps = 60;

    /// <summary>
    /// Leaves the eigenvalues on the diagonal of <paramref name="matrix"/> (n rows of n) and the eigenvectors in the columns of
    /// <paramref name="vectors"/>.
    /// </summary>
    internal static void Solve(Span<double> matrix, Span<double> vectors, int n)
    {
        vectors[..(n * n)].Clear();
        for (int i = 0; i < n; i++)
        {
            vectors[(i * n) + i] = 1;
        }

        for (int sweep = 0; sweep < LargestSweeps && !IsDiagonal(matrix, n); sweep++)
        {
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    Rotate(matrix, vectors, n, p, q);
                }
            }
        }
    }

    /// <summary>Whether what is off the diagonal is lost in the rounding of what is on it.</summary>
    private static bool IsDiagonal(ReadOnlySpan<double> matrix, int n)
    {
        double off = 0, on = 0;
        for (int i = 0; i < n; i++)
        {
            on += Math.Abs(matrix[(i * n) + i]);
            for (int j = 0; j < i; j++)
            {
                off += Math.Abs(matrix[(i * n) + j]);
            }
        }

        return off <= 1e-18 * on || off == 0;
    }

    private static void Rotate(Span<double> matrix, Span<double> vectors, int n, int p, int q)
    {
        double off = matrix[(p * n) + q];
        if (off == 0)
        {
            return;
        }

        double ratio = (matrix[(q * n) + q] - matrix[(p * n) + p]) / (2 * off);
        double tangent = double.IsFinite(ratio * ratio)
            ? Math.CopySign(1, ratio) / (Math.Abs(ratio) + Math.Sqrt((ratio * ratio) + 1))
            : 1 / (2 * ratio);
        double cosine = 1 / Math.Sqrt((tangent * tangent) + 1), sine = tangent * cosine;
        matrix[(p * n) + p] -= tangent * off;
        matrix[(q * n) + q] += tangent * off;
        matrix[(p * n) + q] = matrix[(q * n) + p] = 0;
        for (int i = 0; i < n; i++)
        {
            if (i != p && i != q)
            {
                double a = matrix[(i * n) + p], b = matrix[(i * n) + q];
                matrix[(i * n) + p] = matrix[(p * n) + i] = (cosine * a) - (sine * b);
                matrix[(i * n) + q] = matrix[(q * n) + i] = (sine * a) + (cosine * b);
            }

            double u = vectors[(i * n) + p], v = vectors[(i * n) + q];
            vectors[(i * n) + p] = (cosine * u) - (sine * v);
            vectors[(i * n) + q] = (sine * u) + (cosine * v);
        }
    }
}
