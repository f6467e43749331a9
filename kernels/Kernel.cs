using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>
/// The entries. Many rows: one workgroup a row does everything (<see cref="SolveRows"/>). Few long rows: <see cref="StepRows"/> and
/// <see cref="SweepPieces"/> in turn, a workgroup for every piece, and <see cref="SolveRows"/> for what is left after that. Both ways add
/// the same numbers in the same order.
/// </summary>
internal static class Kernel
{
    /// <summary>One workgroup a row, from where its state stands to its answer.</summary>
    internal static void SolveRows(
        ArrayView<byte> theta, ArrayView<byte> target, ArrayView<byte> q, ArrayView<byte> logQ, ArrayView<double> alpha, ArrayView<double> logZ, ArrayView<double> klTheta, ArrayView<double> klTarget, ArrayView<double> essTheta, ArrayView<double> essTarget, ArrayView<double> residual, ArrayView<int> iterations, ArrayView<int> rowStatus, ArrayView<byte> rowMask, ArrayView<double> rowTheta, ArrayView<double> rowTarget, ArrayView<double> rowFirst, ArrayView<double> rowSecond, ArrayView<byte> workspace, DeviceJob job)
    {
        Arguments arguments = Gather(
            theta, target, q, logQ, alpha, logZ, klTheta, klTarget, essTheta, essTarget, residual, iterations, rowStatus, rowMask, rowTheta, rowTarget, rowFirst, rowSecond, workspace, job);
        long row = Grid.IdxX;
        int thread = Group.IdxX;
        if (thread == 0)
        {
            Start(arguments, row);
        }

        // The group reads the order in shared memory: from the workspace it would be as many bytes for each thread as some rows have.
        ArrayView<Order> orders = SharedMemory.Allocate<Order>(1);
        bool isToStep = job.IsResumed == 0;
        while (true)
        {
            if (thread == 0)
            {
                if (isToStep)
                {
                    Steps.Advance(arguments, row);
                }

                orders[0] = arguments.States[row].Order;
            }

            Group.Barrier();
            Order order = orders[0];
            if (order.Kind == Sweep.Done)
            {
                break;
            }

            for (int piece = 0; piece < job.Pieces; piece++)
            {
                PieceSweep.Run(arguments, order, row, piece, thread);
            }

            Group.Barrier();
            isToStep = true;
        }
    }

    /// <summary>One workgroup for each piece of each row: the sweep that the row's state orders.</summary>
    internal static void SweepPieces(
        ArrayView<byte> theta, ArrayView<byte> target, ArrayView<byte> q, ArrayView<byte> logQ, ArrayView<double> alpha, ArrayView<double> logZ, ArrayView<double> klTheta, ArrayView<double> klTarget, ArrayView<double> essTheta, ArrayView<double> essTarget, ArrayView<double> residual, ArrayView<int> iterations, ArrayView<int> rowStatus, ArrayView<byte> rowMask, ArrayView<double> rowTheta, ArrayView<double> rowTarget, ArrayView<double> rowFirst, ArrayView<double> rowSecond, ArrayView<byte> workspace, DeviceJob job)
    {
        Arguments arguments = Gather(
            theta, target, q, logQ, alpha, logZ, klTheta, klTarget, essTheta, essTarget, residual, iterations, rowStatus, rowMask, rowTheta, rowTarget, rowFirst, rowSecond, workspace, job);
        long row = Grid.IdxX / job.Pieces;
        ArrayView<Order> orders = SharedMemory.Allocate<Order>(1);
        if (Group.IdxX == 0)
        {
            orders[0] = arguments.States[row].Order;
        }

        Group.Barrier();
        Order order = orders[0];
        if (order.Kind != Sweep.Done)
        {
            PieceSweep.Run(arguments, order, row, Grid.IdxX % job.Pieces, Group.IdxX);
        }
    }

    /// <summary>The step between two sweeps, one thread a row.</summary>
    internal static void StepRows(
        ArrayView<byte> theta, ArrayView<byte> target, ArrayView<byte> q, ArrayView<byte> logQ, ArrayView<double> alpha, ArrayView<double> logZ, ArrayView<double> klTheta, ArrayView<double> klTarget, ArrayView<double> essTheta, ArrayView<double> essTarget, ArrayView<double> residual, ArrayView<int> iterations, ArrayView<int> rowStatus, ArrayView<byte> rowMask, ArrayView<double> rowTheta, ArrayView<double> rowTarget, ArrayView<double> rowFirst, ArrayView<double> rowSecond, ArrayView<byte> workspace, DeviceJob job)
    {
        Arguments arguments = Gather(
            theta, target, q, logQ, alpha, logZ, klTheta, klTarget, essTheta, essTarget, residual, iterations, rowStatus, rowMask, rowTheta, rowTarget, rowFirst, rowSecond, workspace, job);
        long row = ((long)Grid.IdxX * PieceSweep.Threads) + Group.IdxX;
        if (row < job.Rows)
        {
            Start(arguments, row);
            if (arguments.States[row].Order.Kind != Sweep.Done)
            {
                Steps.Advance(arguments, row);
            }
        }
    }

    /// <summary>A row that nothing has happened to yet.</summary>
    private static void Start(in Arguments arguments, long row)
    {
        if (arguments.Job.IsResumed == 0)
        {
            arguments.States[row].Phase = Phase.Begin;
            arguments.States[row].Order.Kind = Sweep.Fill;
        }
    }

    private static Arguments Gather(
        ArrayView<byte> theta, ArrayView<byte> target, ArrayView<byte> q, ArrayView<byte> logQ, ArrayView<double> alpha, ArrayView<double> logZ, ArrayView<double> klTheta, ArrayView<double> klTarget, ArrayView<double> essTheta, ArrayView<double> essTarget, ArrayView<double> residual, ArrayView<int> iterations, ArrayView<int> rowStatus, ArrayView<byte> rowMask, ArrayView<double> rowTheta, ArrayView<double> rowTarget, ArrayView<double> rowFirst, ArrayView<double> rowSecond, ArrayView<byte> workspace, DeviceJob job)
    {
        Arguments arguments = default;
        arguments.Theta = theta;
        arguments.Target = target;
        arguments.Q = q;
        arguments.LogQ = logQ;
        arguments.Alpha = alpha;
        arguments.LogZ = logZ;
        arguments.KlTheta = klTheta;
        arguments.KlTarget = klTarget;
        arguments.EssTheta = essTheta;
        arguments.EssTarget = essTarget;
        arguments.Residual = residual;
        arguments.Iterations = iterations;
        arguments.RowStatus = rowStatus;
        arguments.RowMask = rowMask;
        arguments.RowTheta = rowTheta;
        arguments.RowTarget = rowTarget;
        arguments.RowFirst = rowFirst;
        arguments.RowSecond = rowSecond;
        long slots = job.Rows * job.Pieces * PieceSweep.SlotSize * sizeof(double);
        arguments.Slots = workspace.SubView(0, slots).Cast<double>();
        arguments.States = workspace.SubView(slots, workspace.Length - slots).Cast<RowState>();
        arguments.Job = job;
        return arguments;
    }
}
