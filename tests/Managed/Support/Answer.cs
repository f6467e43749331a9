using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Equipoise.Devices;

namespace Equipoise.Tests.Support;

/// <summary>What a solve wrote. Every output has a buffer of its own that ends at a guard page; unasked, it stays 0xFF.</summary>
internal sealed unsafe class Answer(int rows, PlacedMatrix q, PlacedMatrix logQ) : IDisposable
{
    private readonly Dictionary<Wanted, GuardedBuffer> columns = new()
    {
        [Wanted.Alpha] = Buffer(rows, sizeof(double)),
        [Wanted.LogZ] = Buffer(rows, sizeof(double)),
        [Wanted.KlTheta] = Buffer(rows, sizeof(double)),
        [Wanted.KlTarget] = Buffer(rows, sizeof(double)),
        [Wanted.EssTheta] = Buffer(rows, sizeof(double)),
        [Wanted.EssTarget] = Buffer(rows, sizeof(double)),
        [Wanted.Residual] = Buffer(rows, sizeof(double)),
        [Wanted.Iterations] = Buffer(rows, sizeof(int)),
        [Wanted.Status] = Buffer(rows, sizeof(int)),
    };

    /// <summary>Rows of the batch.</summary>
    public int Rows => rows;

    public ReadOnlySpan<double> Alpha => Doubles(Wanted.Alpha);

    public ReadOnlySpan<double> LogZ => Doubles(Wanted.LogZ);

    public ReadOnlySpan<double> KlTheta => Doubles(Wanted.KlTheta);

    public ReadOnlySpan<double> KlTarget => Doubles(Wanted.KlTarget);

    public ReadOnlySpan<double> EssTheta => Doubles(Wanted.EssTheta);

    public ReadOnlySpan<double> EssTarget => Doubles(Wanted.EssTarget);

    public ReadOnlySpan<double> Residual => Doubles(Wanted.Residual);

    public ReadOnlySpan<int> Iterations => MemoryMarshal.Cast<byte, int>(columns[Wanted.Iterations].Span);

    public ReadOnlySpan<RowStatus> Status => MemoryMarshal.Cast<byte, RowStatus>(columns[Wanted.Status].Span);

    /// <summary>q of a row, padding included.</summary>
    public double[] Q(int row) => q.Row(row);

    /// <summary>log q of a row, padding included.</summary>
    public double[] LogQ(int row) => logQ.Row(row);

    /// <summary>Whether nothing outside the rows of q and log q was written.</summary>
    public bool GapsUntouched() => q.GapsUntouched() && logQ.GapsUntouched();

    /// <summary>One output of a row, as bytes.</summary>
    public Span<byte> Bytes(Wanted output, int row)
    {
        switch (output)
        {
            case Wanted.Q: return q.Bytes(row);
            case Wanted.LogQ: return logQ.Bytes(row);
            default:
                int size = (int)(columns[output].Bytes / rows);
                return columns[output].Span.Slice(row * size, size);
        }
    }

    /// <summary>Every output of a row, as bytes one after the other: equal only if the rows are the same to the last bit.</summary>
    public byte[] Bits(int row)
    {
        List<byte> all = [];
        foreach (Wanted output in Enum.GetValues<Wanted>())
        {
            if (output != Wanted.All)
            {
                all.AddRange(Bytes(output, row));
            }
        }

        return [.. all];
    }

    /// <summary>Calls the library, for a device or null, the CPU.</summary>
    public void Solve(in Matrix theta, in Matrix target, in SolveOptions options, Wanted wanted, EquilibriumDevice? device)
    {
        Matrix qMatrix = q.Matrix, logQMatrix = logQ.Matrix;
        Solution solution = new()
        {
            StructSize = (nuint)sizeof(Solution),
            Alpha = (double*)Pointer(Wanted.Alpha, wanted),
            Q = wanted.HasFlag(Wanted.Q) ? &qMatrix : null,
            LogQ = wanted.HasFlag(Wanted.LogQ) ? &logQMatrix : null,
            LogZ = (double*)Pointer(Wanted.LogZ, wanted),
            KlTheta = (double*)Pointer(Wanted.KlTheta, wanted),
            KlTarget = (double*)Pointer(Wanted.KlTarget, wanted),
            EssTheta = (double*)Pointer(Wanted.EssTheta, wanted),
            EssTarget = (double*)Pointer(Wanted.EssTarget, wanted),
            Residual = (double*)Pointer(Wanted.Residual, wanted),
            Iterations = (int*)Pointer(Wanted.Iterations, wanted),
            RowStatus = (RowStatus*)Pointer(Wanted.Status, wanted),
        };
        Solver.Solve(theta, target, options, solution, device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GuardedBuffer buffer in columns.Values)
        {
            buffer.Dispose();
        }

        q.Dispose();
        logQ.Dispose();
    }

    private static GuardedBuffer Buffer(int rows, int size) => new((long)rows * size, Edge.End);

    private ReadOnlySpan<double> Doubles(Wanted output) => MemoryMarshal.Cast<byte, double>(columns[output].Span);

    private byte* Pointer(Wanted output, Wanted wanted) => wanted.HasFlag(output) ? columns[output].Data : null;
}
