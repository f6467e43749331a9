using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch of path statistics.</summary>
internal unsafe struct PathJob
{
    internal Matrix Theta;
    internal Matrix Target;
    internal Matrix Q;
    internal Matrix LogQ;
    internal SolveOptions Options;
    internal PathOutputs Outputs;
    internal double* Alphas;
    internal int Count;
    internal long AlphaStride;
    internal nint Columns;

    /// <summary>The sweeps that write q.</summary>
    internal RowKernels Kernels;

    /// <summary>The same in f64.</summary>
    internal RowKernels WideKernels;

    internal readonly bool WantsQ => Outputs.Q != null || Outputs.LogQ != null;
}

/// <summary>Path statistics of a batch, rows over the workers.</summary>
internal static unsafe class PathBatch
{
    /// <summary>Columns times α in all below which waking a worker costs more than it saves.</summary>
    private const long SmallestSharedWork = 1L << 17;

    internal static void Run(PathJob* job)
    {
        ref readonly SolveOptions options = ref job->Options;
        job->Columns = Addressing.RealColumns(job->Theta, options.ValidColumns);
        job->Q = job->Outputs.Q == null ? default : *job->Outputs.Q;
        job->LogQ = job->Outputs.LogQ == null ? default : *job->Outputs.LogQ;
        job->WideKernels = RowKernels.Choose(job->Theta, job->Target, options, forceF64: true, job->Q.DType, job->LogQ.DType);
        job->Kernels = RowKernels.Choose(job->Theta, job->Target, options, forceF64: false, job->Q.DType, job->LogQ.DType);
        new RowShares(job->Theta.Rows, job->Columns, options.Threads, SmallestSharedWork / (1 + job->Count)).ForEachRow(job, &PathRow.Measure);
    }
}
