using System;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>
/// Two Gaussians of a row, turned so that the policy becomes N(0, 1) and the target's covariance diagonal: Σ_θ = L Lᵀ, and the eigenvectors U of
/// L⁻¹ Σ_t L⁻ᵀ. Back again, a point z of the turned space is μ_θ + L U z.
/// </summary>
internal unsafe ref struct GaussianRow
{
    /// <summary>How unlike a_ij and a_ji may be, relative to √(a_ii a_jj): f32 arithmetic makes less.</summary>
    private const double LargestAsymmetry = 1e-5;

    private readonly GaussianJob* job;
    private readonly int size;
    private readonly Span<double> origin;
    private readonly Span<double> shift;
    private readonly Span<double> excess;

    /// <summary>√Σ_θ, of diagonal Gaussians one number each, else n rows of n: L, then L U.</summary>
    private readonly Span<double> back;

    private readonly Span<double> covariance;
    private readonly Span<double> vectors;

    /// <summary>Room in this thread's workspace.</summary>
    internal GaussianRow(GaussianJob* job)
    {
        this.job = job;
        size = job->Size;
        int square = job->IsFull ? size * size : size;
        double* memory = (double*)Workspace.Rent(((nint)(3 * size) + (3 * (nint)square)) * sizeof(double));
        origin = new Span<double>(memory, size);
        shift = new Span<double>(memory + size, size);
        excess = new Span<double>(memory + (2 * size), size);
        back = new Span<double>(memory + (3 * size), square);
        covariance = new Span<double>(memory + (3 * size) + square, square);
        vectors = new Span<double>(memory + (3 * size) + (2 * square), square);
    }

    internal readonly GaussianPath Path => new(shift, excess);

    /// <summary>What is wrong with a covariance of the row, null where nothing is; one with NaN or an infinity spoils its row instead.</summary>
    internal readonly string? Fault(in Matrix cov, long row)
    {
        Read(cov, row, covariance);
        if (!IsFinite(covariance))
        {
            return null;
        }

        if (!job->IsFull)
        {
            return covariance.ContainsAnyExceptInRange(double.Epsilon, double.MaxValue) ? "is not positive definite" : null;
        }

        return !TryMakeSymmetric() ? "is not symmetric" : Cholesky.TryFactor(covariance, size) ? null : "is not positive definite";
    }

    /// <summary>Reads a row and turns it.</summary>
    /// <returns>False where something is NaN or infinite, or gets so on the way.</returns>
    internal readonly bool TryRead(long row)
    {
        Read(job->MeanTheta, row, origin);
        Read(job->MeanTarget, row, shift);
        Read(job->CovTheta, row, covariance);
        bool isFinite = IsFinite(origin) && IsFinite(shift) && IsFinite(covariance);
        for (int i = 0; i < size; i++)
        {
            shift[i] -= origin[i];
        }

        return isFinite && (job->IsFull ? TryTurn(row) : TryScale(row)) && IsFinite(shift) && IsFinite(excess);
    }

    /// <summary>μ of q.</summary>
    internal readonly void WriteMean(double alpha, Span<double> mean)
    {
        GaussianPath path = Path;
        for (int i = 0; i < size; i++)
        {
            mean[i] = origin[i] + (job->IsFull ? 0 : back[i] * path.Mean(i, alpha));
            for (int j = 0; job->IsFull && j < size; j++)
            {
                mean[i] += back[(i * size) + j] * path.Mean(j, alpha);
            }
        }
    }

    /// <summary>Σ of q, in the inputs' form.</summary>
    internal readonly void WriteCovariance(double alpha, Span<double> cov)
    {
        GaussianPath path = Path;
        if (!job->IsFull)
        {
            for (int i = 0; i < size; i++)
            {
                cov[i] = back[i] * back[i] / path.Precision(i, alpha);
            }

            return;
        }

        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int l = 0; l < size; l++)
                {
                    sum += back[(i * size) + l] * back[(j * size) + l] / path.Precision(l, alpha);
                }

                cov[(i * size) + j] = cov[(j * size) + i] = sum;
            }
        }
    }

    private readonly bool TryScale(long row)
    {
        for (int i = 0; i < size; i++)
        {
            back[i] = Math.Sqrt(covariance[i]);
            shift[i] /= back[i];
            excess[i] = covariance[i];
        }

        Read(job->CovTarget, row, covariance);
        for (int i = 0; i < size; i++)
        {
            excess[i] = (excess[i] - covariance[i]) / covariance[i];
        }

        return IsFinite(covariance);
    }

    private readonly bool TryTurn(long row)
    {
        TryMakeSymmetric();
        covariance.CopyTo(back);
        covariance.CopyTo(vectors);
        Cholesky.TryFactor(back, size);
        Read(job->CovTarget, row, covariance);
        if (!IsFinite(covariance))
        {
            return false;
        }

        TryMakeSymmetric();
        Whiten(isSame: covariance.SequenceEqual(vectors));
        SymmetricEigen.Solve(covariance, vectors, size);
        Cholesky.Solve(back, size, shift, 1);
        return TryTakeEigenvalues();
    }

    /// <summary>L⁻¹ Σ_t L⁻ᵀ in the place of Σ_t: of equal covariances 1 without rounding.</summary>
    private readonly void Whiten(bool isSame)
    {
        if (isSame)
        {
            covariance.Clear();
            for (int i = 0; i < size; i++)
            {
                covariance[(i * size) + i] = 1;
            }

            return;
        }

        for (int i = 0; i < size; i++)
        {
            Cholesky.Solve(back, size, covariance[i..], size);
        }

        for (int i = 0; i < size; i++)
        {
            Cholesky.Solve(back, size, covariance[(i * size)..], 1);
        }

        TryMakeSymmetric();
    }

    /// <summary>t of each eigenvalue 1/p, m = Uᵀ L⁻¹ (μ_t − μ_θ), and L U in the place of L.</summary>
    private readonly bool TryTakeEigenvalues()
    {
        Span<double> turned = covariance;
        bool isPositive = true;
        for (int i = 0; i < size; i++)
        {
            double variance = covariance[(i * size) + i];
            isPositive &= variance > 0;
            excess[i] = (1 - variance) / variance;
        }

        Multiply(back, vectors, turned);
        turned.CopyTo(back);
        for (int i = 0; i < size; i++)
        {
            turned[i] = 0;
            for (int j = 0; j < size; j++)
            {
                turned[i] += vectors[(j * size) + i] * shift[j];
            }
        }

        turned[..size].CopyTo(shift);
        return isPositive;
    }

    private readonly void Multiply(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> product)
    {
        product.Clear();
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                for (int l = 0; l < size; l++)
                {
                    product[(i * size) + l] += x[(i * size) + j] * y[(j * size) + l];
                }
            }
        }
    }

    /// <summary>Takes the mean of each two; false where they are too unlike to be rounding.</summary>
    private readonly bool TryMakeSymmetric()
    {
        bool isSymmetric = true;
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double x = covariance[(i * size) + j], y = covariance[(j * size) + i];
                double scale = Math.Sqrt(Math.Abs(covariance[(i * size) + i])) * Math.Sqrt(Math.Abs(covariance[(j * size) + j]));
                isSymmetric &= Math.Abs(x - y) <= LargestAsymmetry * scale;
                covariance[(i * size) + j] = covariance[(j * size) + i] = 0.5 * (x + y);
            }
        }

        return isSymmetric;
    }

    private static void Read(in Matrix matrix, long row, Span<double> values)
    {
        void* start = Addressing.Row(matrix, row);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = matrix.DType switch
            {
                DType.F32 => ((float*)start)[i],
                DType.F64 => ((double*)start)[i],
                DType.F16 => (double)BitConverter.UInt16BitsToHalf(((ushort*)start)[i]),
                _ => BitConverter.Int32BitsToSingle(((ushort*)start)[i] << 16),
            };
        }
    }

    private static bool IsFinite(ReadOnlySpan<double> values)
    {
        double poison = 0;
        foreach (double value in values)
        {
            poison += value - value;
        }

        return poison == 0;
    }
}
