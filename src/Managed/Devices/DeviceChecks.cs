using System;
using Equipoise.Balance;

namespace Equipoise.Devices;

/// <summary>
/// What can be told of arguments whose memory is out of reach. A memory object's handle says nothing of addresses: such matrices are checked
/// as if each lay in an address range of its own, and apart from that, an output may not be the same object as an input.
/// </summary>
internal static unsafe class DeviceChecks
{
    private const long RangeBits = 58;

    /// <summary>A criterion that the kernels do not know.</summary>
    internal static void CheckServed(in SolveOptions options)
    {
        if (options.Criterion is > Criterion.KlSymmetry and < Criterion.FixedAlpha)
        {
            throw new NotSupportedException($"criterion {options.Criterion} is not served on devices: KL_SYMMETRY and FIXED_ALPHA are");
        }
    }

    internal static void Check(bool isHandle, in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        CheckServed(options);
        SolveOptions checkable = options;
        checkable.RowTemperatureTheta = checkable.RowTemperatureTarget = checkable.RowAlpha = null;
        checkable.Alpha = options.RowAlpha == null ? options.Alpha : 0.5;
        checkable.TemperatureTheta = options.RowTemperatureTheta == null ? options.TemperatureTheta : 1;
        checkable.TemperatureTarget = options.RowTemperatureTarget == null ? options.TemperatureTarget : 1;
        if (!isHandle)
        {
            SolveChecks.Check(theta, target, checkable, solution);
            return;
        }

        Matrix q = solution.Q == null ? default : Placed(*solution.Q, 3), logQ = solution.LogQ == null ? default : Placed(*solution.LogQ, 4);
        Solution outputs = solution;
        outputs.Q = solution.Q == null ? null : &q;
        outputs.LogQ = solution.LogQ == null ? null : &logQ;
        SolveChecks.Check(Placed(theta, 1), Placed(target, 2), checkable, outputs);
        CheckObjects(theta, target, solution.Q, "q");
        CheckObjects(theta, target, solution.LogQ, "log_q");
    }

    private static Matrix Placed(in Matrix matrix, long range)
    {
        Matrix placed = matrix;
        placed.Data = matrix.Data == null ? null : (void*)(range << (int)RangeBits);
        return placed;
    }

    private static void CheckObjects(in Matrix theta, in Matrix target, Matrix* output, string name)
    {
        bool isShared = output != null && output->Data != null && (output->Data == theta.Data || output->Data == target.Data);
        Rows.MatrixChecks.Require(!isShared, name, $"{name} overlaps an input: it is the same memory object");
    }
}
