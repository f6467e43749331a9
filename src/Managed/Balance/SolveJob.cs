using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>A checked batch: what every row of it shares.</summary>
internal unsafe struct SolveJob
{
    internal Matrix Theta;
    internal Matrix Target;
    internal Matrix Q;
    internal Matrix LogQ;
    internal SolveOptions Options;
    internal Solution Solution;

    /// <summary>[rows], or null: what a gradient of the row's point needs.</summary>
    internal LossRecord* Records;

    /// <summary>Real columns.</summary>
    internal nint Columns;

    /// <summary>The sweeps for ordinary rows …</summary>
    internal RowKernels Kernels;

    /// <summary>… and the f64 ones, for rows that f32 is too coarse for.</summary>
    internal RowKernels WideKernels;

    /// <summary>The residual can only be had by a sweep at the found point; α alone, log Z and the KLs can be predicted.</summary>
    internal readonly bool WantsMeasure => Solution.Q != null || Solution.Residual != null;

    /// <summary>Of checked arguments.</summary>
    internal static SolveJob Of(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        SolveJob job = new() { Theta = theta, Target = target, Options = options, Solution = solution };
        job.Columns = Addressing.RealColumns(theta, options.ValidColumns);
        job.Q = solution.Q == null ? default : *solution.Q;
        job.LogQ = solution.LogQ == null ? default : *solution.LogQ;
        job.WideKernels = RowKernels.Choose(theta, target, options, forceF64: true, job.Q.DType, job.LogQ.DType);
        job.Kernels = options.Method == Method.Bisection
            ? job.WideKernels
            : RowKernels.Choose(theta, target, options, forceF64: false, job.Q.DType, job.LogQ.DType);
        return job;
    }
}
