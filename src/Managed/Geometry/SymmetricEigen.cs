using System;

namespace Equipoise.Geometry;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric matrix, singular or not: Householder's reflections make it tridiagonal, implicit QL steps
/// diagonal. About 8 n³ operations, all along rows, in the memory of the caller.
/// </summary>
internal static class SymmetricEigen
{
    /// <summary>Per eigenvalue; two are usual.</summary>
    private const int LargestSteps = 60;

    private const double Epsilon = 2.2e-16;

    /// <summary>
    /// Leaves the eigenvalues on the diagonal of <paramref name="matrix"/> (n rows of n), in no order, and the eigenvectors in the columns of
    /// <paramref name="vectors"/>. What is off the diagonal is lost.
    /// </summary>
    internal static void Solve(Span<double> matrix, Span<double> vectors, int n)
    {
        int exponent = Scale(matrix[..(n * n)]);
        for (int k = 0; k < n - 2; k++)
        {
            Reflect(matrix, vectors, n, k);
        }

        Accumulate(matrix, vectors, n);
        Diagonalise(matrix, vectors, n);
        for (int i = 0; i < n; i++)
        {
            matrix[(i * n) + i] = double.ScaleB(matrix[(i * n) + i], exponent);
        }

        Transpose(vectors, n);
    }

    /// <summary>Takes out the power of two of the largest element, so that squares can neither overflow nor vanish.</summary>
    private static int Scale(Span<double> matrix)
    {
        double largest = 0;
        foreach (double x in matrix)
        {
            largest = Math.Max(largest, Math.Abs(x));
        }

        if (largest == 0)
        {
            return 0;
        }

        int exponent = Math.ILogB(largest);
        foreach (ref double x in matrix)
        {
            x = double.ScaleB(x, -exponent);
        }

        return exponent;
    }

    /// <summary>
    /// Row and column k to tridiagonal form, by I − 2 v vᵀ on both sides. v stays in the row, right of the diagonal; what is next to the
    /// diagonal stays below it.
    /// </summary>
    private static void Reflect(Span<double> matrix, Span<double> scratch, int n, int k)
    {
        int first = k + 1, count = n - first;
        Span<double> v = matrix.Slice((k * n) + first, count), p = scratch[..count];
        double norm = Math.Sqrt(Dot(v, v)), length = v[0] > 0 ? -norm : norm;
        matrix[(first * n) + k] = length;
        v[0] -= length;
        double size = Math.Sqrt(Dot(v, v));
        if (!(size > 0))
        {
            v.Clear();
            return;
        }

        Divide(v, size);
        for (int i = 0; i < count; i++)
        {
            p[i] = 2 * Dot(matrix.Slice(((first + i) * n) + first, count), v);
        }

        AddMultiple(p, -Dot(p, v), v);
        for (int i = 0; i < count; i++)
        {
            Span<double> row = matrix.Slice(((first + i) * n) + first, count);
            AddMultiple(row, -p[i], v);
            AddMultiple(row, -v[i], p);
        }
    }

    /// <summary>The product of all reflections, transposed.</summary>
    private static void Accumulate(Span<double> matrix, Span<double> vectors, int n)
    {
        vectors[..(n * n)].Clear();
        for (int i = 0; i < n; i++)
        {
            vectors[(i * n) + i] = 1;
        }

        for (int k = n - 3; k >= 0; k--)
        {
            int first = k + 1, count = n - first;
            Span<double> v = matrix.Slice((k * n) + first, count);
            for (int i = first; i < n; i++)
            {
                Span<double> row = vectors.Slice((i * n) + first, count);
                AddMultiple(row, -2 * Dot(row, v), v);
            }
        }
    }

    /// <summary>QL steps with Wilkinson's shift; the rotations turn the rows of <paramref name="vectors"/>.</summary>
    private static void Diagonalise(Span<double> matrix, Span<double> vectors, int n)
    {
        if (n < 2)
        {
            return;
        }

        // The reflections are done with: the first row takes the diagonal, the second what is next to it.
        Span<double> diagonal = matrix[..n], beside = matrix.Slice(n, n);
        for (int i = 1; i < n; i++)
        {
            diagonal[i] = matrix[(i * n) + i];
        }

        for (int i = 0; i < n - 1; i++)
        {
            beside[i] = matrix[((i + 1) * n) + i];
        }

        beside[n - 1] = 0;
        for (int low = 0; low < n; low++)
        {
            for (int step = 0; step < LargestSteps; step++)
            {
                int high = BlockEnd(diagonal, beside, low);
                if (high == low)
                {
                    break;
                }

                Step(diagonal, beside, vectors, n, low, high);
            }
        }

        for (int i = n - 1; i >= 0; i--)
        {
            matrix[(i * n) + i] = diagonal[i];
        }
    }

    /// <summary>The end of the block that begins at an index: there, what is beside the diagonal is lost in its rounding.</summary>
    private static int BlockEnd(ReadOnlySpan<double> diagonal, ReadOnlySpan<double> beside, int low)
    {
        int end = low;
        while (end < diagonal.Length - 1 && Math.Abs(beside[end]) > Epsilon * (Math.Abs(diagonal[end]) + Math.Abs(diagonal[end + 1])))
        {
            end++;
        }

        return end;
    }

    private static void Step(Span<double> diagonal, Span<double> beside, Span<double> vectors, int n, int low, int high)
    {
        double half = (diagonal[low + 1] - diagonal[low]) / (2 * beside[low]);
        double bulge = diagonal[high] - diagonal[low] + (beside[low] / (half + Math.CopySign(double.Hypot(half, 1), half)));
        double sine = 1, cosine = 1, taken = 0;
        for (int i = high - 1; i >= low; i--)
        {
            double f = sine * beside[i], b = cosine * beside[i], r = double.Hypot(f, bulge);
            beside[i + 1] = r;
            if (r == 0)
            {
                diagonal[i + 1] -= taken;
                beside[high] = 0;
                return;
            }

            sine = f / r;
            cosine = bulge / r;
            double next = diagonal[i + 1] - taken, change = ((diagonal[i] - next) * sine) + (2 * cosine * b);
            taken = sine * change;
            diagonal[i + 1] = next + taken;
            bulge = (cosine * change) - b;
            Rotate(vectors.Slice(i * n, n), vectors.Slice((i + 1) * n, n), sine, cosine);
        }

        diagonal[low] -= taken;
        beside[low] = bulge;
        beside[high] = 0;
    }

    private static void Rotate(Span<double> first, Span<double> second, double sine, double cosine)
    {
        for (int i = 0; i < first.Length; i++)
        {
            double x = first[i], y = second[i];
            second[i] = (sine * x) + (cosine * y);
            first[i] = (cosine * x) - (sine * y);
        }
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static void AddMultiple(Span<double> sum, double factor, ReadOnlySpan<double> x)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += factor * x[i];
        }
    }

    private static void Divide(Span<double> x, double divisor)
    {
        foreach (ref double element in x)
        {
            element /= divisor;
        }
    }

    private static void Transpose(Span<double> matrix, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                (matrix[(i * n) + j], matrix[(j * n) + i]) = (matrix[(j * n) + i], matrix[(i * n) + j]);
            }
        }
    }
}
