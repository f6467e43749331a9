using System;
using Equipoise.Rows;

namespace Equipoise.Devices;

/// <summary>
/// A checked batch turned into launches: the kernels' arguments but for the memory, how much workspace they need, and whether rows are so
/// few and long that each is shared by several workgroups. The same bits either way.
/// </summary>
internal unsafe struct DevicePlan
{
    /// <summary>Sweeps that are shared before the few rows that need more are finished by a workgroup each.</summary>
    private const int SharedSweeps = 4;

    internal KernelArguments Arguments;

    /// <summary>Bytes of device memory, aligned to 16; 0 for an empty batch.</summary>
    internal nuint WorkspaceBytes;

    private bool isSplit;

    /// <param name="isHandle">Matrices hold memory objects instead of addresses.</param>
    /// <param name="theta">Checked, as are the rest.</param>
    /// <param name="target">Scores of the target.</param>
    /// <param name="options">As for the CPU.</param>
    /// <param name="solution">Outputs in device memory.</param>
    /// <param name="units">The device's compute units.</param>
    internal static DevicePlan Of(bool isHandle, in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution, int units)
    {
        DevicePlan plan = default;
        ref KernelArguments arguments = ref plan.Arguments;
        ref DeviceJob job = ref arguments.Job;
        Matrix q = solution.Q == null ? default : *solution.Q, logQ = solution.LogQ == null ? default : *solution.LogQ;
        job.Theta = Bind(theta, isHandle, ref arguments.Theta);
        job.Target = Bind(target, isHandle, ref arguments.Target);
        job.Q = Bind(q, isHandle, ref arguments.Q);
        job.LogQ = Bind(logQ, isHandle, ref arguments.LogQ);
        BindOutputs(ref arguments, solution, theta.Rows);
        BindRows(ref arguments, options, theta.Rows);
        job.Rows = theta.Rows;
        job.Columns = Addressing.RealColumns(theta, options.ValidColumns);
        job.Width = theta.Columns;
        job.Tolerance = options.Tolerance;
        job.InverseTheta = 1 / options.TemperatureTheta;
        job.InverseTarget = 1 / options.TemperatureTarget;
        job.Epsilon = options.ProbabilityEpsilon;
        job.Scores = (int)options.Scores;
        job.Criterion = (int)options.Criterion;
        job.Method = (int)options.Method;
        job.MaxIterations = options.MaxIterations;
        job.IsF64 = theta.DType == DType.F64 || target.DType == DType.F64 ? 1 : 0;
        job.Pieces = (int)((job.Columns + KernelLayout.PieceColumns - 1) / KernelLayout.PieceColumns);
        plan.WorkspaceBytes = (nuint)(job.Rows * ((job.Pieces * (long)KernelLayout.SlotBytes) + KernelLayout.StateBytes));
        plan.isSplit = job.Pieces > 1 && job.Rows < 2L * units;
        return plan;
    }

    /// <summary>Enqueues the launches; no allocation, no synchronisation.</summary>
    internal void Run(Device device, nint workspace, nint stream)
    {
        long rows = Arguments.Job.Rows;
        if (rows == 0)
        {
            return;
        }

        Arguments.Workspace = new DeviceView { Memory = workspace, Length = (long)WorkspaceBytes };
        Arguments.Job.IsResumed = 0;
        if (isSplit)
        {
            long stepGroups = (rows + KernelLayout.GroupSize - 1) / KernelLayout.GroupSize;
            device.Launch(KernelEntry.StepRows, stepGroups, Arguments, stream);
            Arguments.Job.IsResumed = 1;
            for (int i = 0; i < SharedSweeps; i++)
            {
                device.Launch(KernelEntry.SweepPieces, rows * Arguments.Job.Pieces, Arguments, stream);
                device.Launch(KernelEntry.StepRows, stepGroups, Arguments, stream);
            }
        }

        device.Launch(KernelEntry.SolveRows, rows, Arguments, stream);
    }

    /// <summary>The first parameter of every row's own, or null.</summary>
    internal static double* RowFirst(in SolveOptions options) => options.Criterion switch
    {
        Criterion.WeightedKl => options.RowWeightTheta,
        Criterion.KlBudget => options.RowBudget,
        Criterion.EssFloor => options.RowFloor,
        Criterion.FixedAlpha => options.RowAlpha,
        _ => null,
    };

    internal static double* RowSecond(in SolveOptions options) => options.Criterion == Criterion.WeightedKl ? options.RowWeightTarget : null;

    private static DeviceMatrix Bind(in Matrix matrix, bool isHandle, ref DeviceView view)
    {
        view.Memory = (nint)matrix.Data;
        view.Length = long.MaxValue / 2;
        return new DeviceMatrix
        {
            RowStride = matrix.RowStride == 0 ? matrix.Columns : matrix.RowStride,
            GroupRows = matrix.GroupRows == 0 ? Math.Max(1, matrix.Rows) : matrix.GroupRows,
            GroupStride = matrix.GroupStride,
            Type = (int)matrix.DType,
            ElementSize = Addressing.SizeOf(matrix.DType),
            Misalignment = isHandle ? 0 : (long)((nuint)matrix.Data & 15),
        };
    }

    private static void BindOutputs(ref KernelArguments arguments, in Solution solution, long rows)
    {
        int wanted = (solution.Q == null ? 0 : Wanted.Q) | (solution.LogQ == null ? 0 : Wanted.LogQ);
        arguments.Alpha = View(solution.Alpha, rows, Wanted.Alpha, ref wanted);
        arguments.LogZ = View(solution.LogZ, rows, Wanted.LogZ, ref wanted);
        arguments.KlTheta = View(solution.KlTheta, rows, Wanted.KlTheta, ref wanted);
        arguments.KlTarget = View(solution.KlTarget, rows, Wanted.KlTarget, ref wanted);
        arguments.EssTheta = View(solution.EssTheta, rows, Wanted.EssTheta, ref wanted);
        arguments.EssTarget = View(solution.EssTarget, rows, Wanted.EssTarget, ref wanted);
        arguments.Residual = View(solution.Residual, rows, Wanted.Residual, ref wanted);
        arguments.Iterations = View(solution.Iterations, rows, Wanted.Iterations, ref wanted);
        arguments.RowStatus = View(solution.RowStatus, rows, Wanted.RowStatus, ref wanted);
        arguments.Job.Outputs = wanted;
    }

    private static void BindRows(ref KernelArguments arguments, in SolveOptions options, long rows)
    {
        int given = 0;
        arguments.RowMask = View(options.RowMask, rows, 1, ref given);
        arguments.RowTheta = View(options.RowTemperatureTheta, rows, 2, ref given);
        arguments.RowTarget = View(options.RowTemperatureTarget, rows, 4, ref given);
        arguments.Job.HasMask = given & 1;
        arguments.Job.HasRowTheta = given & 2;
        arguments.Job.HasRowTarget = given & 4;
        BindCriterion(ref arguments, options, rows);
    }

    /// <summary>The parameters of the criterion at hand: at most two.</summary>
    private static void BindCriterion(ref KernelArguments arguments, in SolveOptions options, long rows)
    {
        ref DeviceJob job = ref arguments.Job;
        (job.First, job.Second) = options.Criterion switch
        {
            Criterion.WeightedKl => (options.WeightTheta, options.WeightTarget),
            Criterion.KlBudget => (options.Budget, 0),
            Criterion.EssFloor => (options.Floor, 0),
            _ => (options.Alpha, 0),
        };
        arguments.RowFirst = View(RowFirst(options), rows, Given.First, ref job.RowParameters);
        arguments.RowSecond = View(RowSecond(options), rows, Given.Second, ref job.RowParameters);
    }

    private static DeviceView View(void* data, long rows, int bit, ref int bits)
    {
        bits |= data == null ? 0 : bit;
        return new DeviceView { Memory = (nint)data, Length = rows };
    }
}
