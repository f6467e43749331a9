using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>One workgroup's sweep over one piece of a row, and the fixed order in which its threads' sums are added.</summary>
internal static class PieceSweep
{
    internal const int Threads = 256;

    /// <summary>Columns that a thread takes at a time.</summary>
    internal const int Step = 8;

    /// <summary>Columns of a piece, as on the CPU: the largest share of a row that is summed by one group before pieces are added in order.</summary>
    internal const int PieceColumns = 32768;

    /// <summary>Numbers that a piece leaves: eleven sums, two tops, what was found.</summary>
    internal const int SlotSize = 16;

    private const int Sums = 11;

    internal static void Run(in Arguments arguments, Order order, long row, int piece, int thread)
    {
        DeviceJob job = arguments.Job;
        RowView q = RowView.Of(arguments.Q, job.Q, row), logQ = RowView.Of(arguments.LogQ, job.LogQ, row);
        long begin = (long)piece * PieceColumns, end = IntrinsicMath.Min(begin + PieceColumns, job.Columns);
        if (order.Kind == Sweep.Fill)
        {
            Fill(job, order, q, logQ, begin, piece == job.Pieces - 1 ? job.Width : end, thread);
            return;
        }

        Lane lane = Lane.Empty;
        RowView theta = RowView.Of(arguments.Theta, job.Theta, row), target = RowView.Of(arguments.Target, job.Target, row);
        bool isReading = order.Kind <= Sweep.Read;
        for (long column = begin + (thread * Step); column < end; column += Threads * Step)
        {
            if (order.Kind == Sweep.Read32 || order.Kind == Sweep.Write32)
            {
                Octet<float> a = theta.Load32(column, end, job.Scores), b = target.Load32(column, end, job.Scores);
                if (isReading)
                {
                    Reading.Sum32(ref lane, a, b, order.InverseTheta, order.InverseTarget);
                }
                else
                {
                    Writing.Write32(ref lane, order, a, b, q, column, end);
                }
            }
            else
            {
                Octet<double> a = theta.Load(column, end, job.Scores, job.Epsilon), b = target.Load(column, end, job.Scores, job.Epsilon);
                if (isReading)
                {
                    Reading.Sum(ref lane, a, b, order.InverseTheta, order.InverseTarget);
                }
                else
                {
                    Writing.Visit(ref lane, order, a, b, q, logQ, column, end);
                }
            }
        }

        if (order.Kind == Sweep.WriteLog)
        {
            return;
        }

        Reduce(arguments, ref lane, order, isReading, ((row * job.Pieces) + piece) * SlotSize, thread);
    }

    private static void Fill(DeviceJob job, Order order, RowView q, RowView logQ, long begin, long end, int thread)
    {
        long first = IntrinsicMath.Max(begin, order.FillFrom);
        for (long column = first + thread; column < end; column += Threads)
        {
            if ((job.Outputs & Wanted.Q) != 0)
            {
                q.Put(column, column < job.Columns ? order.FillQ : 0);
            }

            if ((job.Outputs & Wanted.LogQ) != 0)
            {
                logQ.Put(column, column < job.Columns || order.FillLogQ == 0 ? order.FillLogQ : double.NegativeInfinity);
            }
        }
    }

    private static void Reduce(in Arguments arguments, ref Lane lane, Order order, bool isReading, long slot, int thread)
    {
        ArrayView<double> values = SharedMemory.Allocate<double>(Threads * Sums);
        ArrayView<double> tops = SharedMemory.Allocate<double>(Threads * 2);
        ArrayView<double> partial = SharedMemory.Allocate<double>(16 * (Sums + 3));
        ArrayView<int> found = SharedMemory.Allocate<int>(Threads);
        tops[thread] = lane.ThetaTop;
        tops[Threads + thread] = lane.TargetTop;
        Group.Barrier();
        if (thread < 32)
        {
            double top = double.NegativeInfinity;
            for (int i = 0; i < 16; i++)
            {
                top = IntrinsicMath.Max(top, tops[(thread * 16) + i]);
            }

            partial[thread] = top;
        }

        Group.Barrier();
        double thetaTop = double.NegativeInfinity, targetTop = double.NegativeInfinity;
        for (int i = 0; i < 16; i++)
        {
            thetaTop = IntrinsicMath.Max(thetaTop, partial[i]);
            targetTop = IntrinsicMath.Max(targetTop, partial[16 + i]);
        }

        if (isReading)
        {
            lane.Raise(thetaTop, targetTop, order.InverseTheta, order.InverseTarget);
        }
        else if (order.Kind == Sweep.Evaluate)
        {
            lane.RaisePoint(thetaTop);
        }

        values[thread] = lane.Target.Weight;
        values[Threads + thread] = lane.Target.First;
        values[(2 * Threads) + thread] = lane.Target.Second;
        values[(3 * Threads) + thread] = lane.Half.Weight;
        values[(4 * Threads) + thread] = lane.Half.First;
        values[(5 * Threads) + thread] = lane.Half.Second;
        values[(6 * Threads) + thread] = lane.Theta.Weight;
        values[(7 * Threads) + thread] = lane.Theta.First;
        values[(8 * Threads) + thread] = lane.Theta.Second;
        values[(9 * Threads) + thread] = lane.ThetaAlone;
        values[(10 * Threads) + thread] = lane.TargetAlone;
        found[thread] = lane.Found;
        Group.Barrier();
        if (thread < 16 * Sums)
        {
            double sum = 0;
            for (int i = 0; i < 16; i++)
            {
                sum += values[(thread * 16) + i];
            }

            partial[32 + thread] = sum;
        }
        else if (thread < 16 * (Sums + 1))
        {
            int all = 0;
            for (int i = 0; i < 16; i++)
            {
                all |= found[((thread - (16 * Sums)) * 16) + i];
            }

            partial[32 + thread] = all;
        }

        Group.Barrier();
        if (thread < Sums)
        {
            double sum = 0;
            for (int i = 0; i < 16; i++)
            {
                sum += partial[32 + (thread * 16) + i];
            }

            arguments.Slots[slot + thread] = sum;
        }
        else if (thread == Sums)
        {
            int all = 0;
            for (int i = 0; i < 16; i++)
            {
                all |= (int)partial[32 + (Sums * 16) + i];
            }

            arguments.Slots[slot + Sums] = thetaTop;
            arguments.Slots[slot + Sums + 1] = targetTop;
            arguments.Slots[slot + Sums + 2] = all;
        }

        // The next piece reuses the shared memory, and the next step reads the slot.
        Group.Barrier();
    }
}
