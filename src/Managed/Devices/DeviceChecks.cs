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

    internal static void Check(bool isHandle, in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        SolveOptions checkable = options;
        Withhold(ref checkable.RowTemperatureTheta, ref checkable.TemperatureTheta);
        Withhold(ref checkable.RowTemperatureTarget, ref checkable.TemperatureTarget);
        Withhold(ref checkable.RowAlpha, ref checkable.Alpha);
        Withhold(ref checkable.RowWeightTheta, ref checkable.WeightTheta);
        Withhold(ref checkable.RowWeightTarget, ref checkable.WeightTarget);
        Withhold(ref checkable.RowBudget, ref checkable.Budget);
        Withhold(ref checkable.RowFloor, ref checkable.Floor);
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

    /// <summary>Numbers that the rows have of their own are left to the kernels: a good one stands in for them.</summary>
    private static void Withhold(ref double* perRow, ref double one)
    {
        one = perRow == null ? one : 1;
        perRow = null;
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
