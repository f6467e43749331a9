using System;
using System.Runtime.InteropServices;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>A teacher known by its top K: the same point of the path on K tokens and what stands for the rest.</summary>
public static unsafe class TopK
{
    /// <summary>The largest K.</summary>
    public const int Largest = 4096;

    /// <summary>α, and q on the listed tokens and beyond them, of every row; in f64.</summary>
    /// <param name="theta">[rows, ≥ valid columns] logits of the policy, any dtype; read only.</param>
    /// <param name="ids">[rows, K] the listed tokens; −1 = an empty slot.</param>
    /// <param name="logProbs">[rows, K] the teacher's true log-probabilities, any dtype; −∞ = an empty slot.</param>
    /// <param name="options">Start from <see cref="TopKOptions.Default"/>.</param>
    /// <param name="solution">Where to write.</param>
    /// <exception cref="ArgumentException">An argument is wrong, an id is listed twice or no token; nothing has been written.</exception>
    public static void Solve(in Matrix theta, long* ids, in Matrix logProbs, in TopKOptions options, in TopKSolution solution)
    {
        TopKJob job = new() { Theta = theta, Ids = ids, LogProbs = logProbs, Options = options, Solution = solution };
        TopKChecks.Check(ref job);
        if (theta.Rows == 0)
        {
            return;
        }

        TopKChecks.CheckIds(&job);
        job.Reduce();
    }
}

/// <summary>A checked batch, reduced to K + 1 events a row, some rows at a time.</summary>
internal unsafe struct TopKJob
{
    internal Matrix Theta;
    internal long* Ids;
    internal Matrix LogProbs;
    internal TopKOptions Options;
    internal TopKSolution Solution;
    internal nint Columns;
    internal long IdStride;

    /// <summary>Of the rows at hand: the first one, log-scores of both sides and q [.., K + 1], and each row's own numbers.</summary>
    internal long First;
    internal double* ReducedTheta;
    internal double* ReducedTarget;
    internal double* ReducedQ;
    internal double* ThetaLse;
    internal RowStatus* Status;

    /// <summary>Reduced rows are kept below this many bytes.</summary>
    private const long LargestChunk = 1L << 22;

    internal readonly int K => (int)LogProbs.Columns;

    internal readonly int Events => K + 1;

    internal readonly bool IsMasked(long row) => Options.RowMask != null && Options.RowMask[row] == 0;

    internal readonly double InverseTemperature(long row) => 1 / (Options.RowTemperatureTheta == null ? Options.TemperatureTheta : Options.RowTemperatureTheta[row]);

    private readonly bool WantsQ => Solution.Q != null || Solution.QTail != null || Solution.TailRatio != null || Solution.Gradient != null;

    internal void Reduce()
    {
        long bytes = (3L * Events * sizeof(double)) + sizeof(double) + sizeof(RowStatus), rows = Math.Clamp(LargestChunk / bytes, 1, Theta.Rows);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)(rows * bytes));
        try
        {
            ReducedTheta = (double*)memory;
            ReducedTarget = ReducedTheta + (rows * Events);
            ReducedQ = ReducedTarget + (rows * Events);
            ThetaLse = ReducedQ + (rows * Events);
            Status = (RowStatus*)(ThetaLse + rows);
            for (First = 0; First < Theta.Rows; First += rows)
            {
                SolveRows(Math.Min(rows, Theta.Rows - First));
            }
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private void SolveRows(long rows)
    {
        TopKJob job = this;
        int threads = rows * Columns < 1L << 16 ? 1 : Workers.CountFor(Options.Threads);
        Workers.Run(rows, threads, &TopKRows.ReduceRow, &job);
        Matrix theta = new(ReducedTheta, DType.F64, rows, Events), target = new(ReducedTarget, DType.F64, rows, Events);
        Matrix q = new(ReducedQ, DType.F64, rows, Events);
        SolveOptions options = SolveOptions.Default with
        {
            Tolerance = Options.Tolerance,
            MaxIterations = Options.MaxIterations,
            Threads = Options.Threads,
            RowMask = Options.RowMask == null ? null : Options.RowMask + First,
        };
        Solution outputs = new()
        {
            Alpha = At(Solution.Alpha),
            Q = WantsQ ? &q : null,
            LogZ = At(Solution.LogZ),
            KlTheta = At(Solution.KlTheta),
            KlTarget = At(Solution.KlTarget),
            Residual = At(Solution.Residual),
            Iterations = Solution.Iterations == null ? null : Solution.Iterations + First,
            RowStatus = Status,
        };
        Equilibrium.Solve(theta, target, options, outputs);
        Workers.Run(rows, threads, &TopKRows.StoreRow, &job);
    }

    private readonly double* At(double* output) => output == null ? null : output + First;
}
