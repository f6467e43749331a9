using System;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace Equipoise.Benchmarks;

/// <summary>α and q of a batch of normal logits, on the caller's thread.</summary>
[MemoryDiagnoser]
public unsafe class SolveBenchmarks
{
    internal const int Rows = 64;
    internal const int Columns = 51200;
    private const nuint Alignment = 64;

    private void* theta;
    private void* target;
    private void* written;
    private double* alpha;
    private SolveOptions options;

    /// <summary>Element type of both inputs and of q.</summary>
    [Params(DType.F32, DType.BF16)]
    public DType DType { get; set; }

    private int Size => DType == DType.F32 ? sizeof(float) : sizeof(ushort);

    [GlobalSetup]
    public void Setup()
    {
        nuint bytes = (nuint)(Rows * Columns * Size);
        theta = NativeMemory.AlignedAlloc(bytes, Alignment);
        target = NativeMemory.AlignedAlloc(bytes, Alignment);
        written = NativeMemory.AlignedAlloc(bytes, Alignment);
        alpha = (double*)NativeMemory.AlignedAlloc(Rows * sizeof(double), Alignment);
        Fill(theta, 1);
        Fill(target, 2);
        options = SolveOptions.Default with { Threads = 1 };
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        NativeMemory.AlignedFree(theta);
        NativeMemory.AlignedFree(target);
        NativeMemory.AlignedFree(written);
        NativeMemory.AlignedFree(alpha);
    }

    /// <summary>Both results.</summary>
    [Benchmark(Baseline = true)]
    public void AlphaAndQ()
    {
        Matrix q = new(written, DType, Rows, Columns);
        Solve(&q);
    }

    /// <summary>The first sweep alone, for rows whose interpolants agree.</summary>
    [Benchmark]
    public void AlphaOnly() => Solve(null);

    private void Solve(Matrix* q)
    {
        Solution solution = new() { Alpha = alpha, Q = q };
        Equilibrium.Solve(new Matrix(theta, DType, Rows, Columns), new Matrix(target, DType, Rows, Columns), options, solution);
    }

    private void Fill(void* data, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < Rows * Columns; i++)
        {
            float x = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            if (DType == DType.F32)
            {
                ((float*)data)[i] = x;
            }
            else
            {
                ((ushort*)data)[i] = (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16);
            }
        }
    }
}
