using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;

namespace Equipoise.Devices;

/// <summary>
/// Which arrays of a host batch travel, and where each lies in a chunk's staging memory. Matrices travel packed, their real columns alone.
/// </summary>
internal sealed unsafe class HostLayout
{
    internal const int InputCount = 7;
    internal const int FieldCount = InputCount + 11;

    private const int Theta = 0;
    private const int Target = 1;
    private const int RowMask = 2;
    private const int RowTheta = 3;
    private const int RowTarget = 4;
    private const int RowFirst = 5;
    private const int RowSecond = 6;
    private const int Q = 7;
    private const int LogQ = 8;

    /// <summary>Skipped rows differ in their padding, so the statuses always come back.</summary>
    private const int RowStatuses = 17;

    private readonly long[] rowBytes = new long[FieldCount];
    private readonly nuint[] offsets = new nuint[FieldCount];
    private readonly long capacity;

    internal HostLayout(in HostJob job, long rows)
    {
        capacity = rows;
        rowBytes[Theta] = Pitch(job, job.Theta.DType);
        rowBytes[Target] = Pitch(job, job.Target.DType);
        rowBytes[RowMask] = job.Options.RowMask == null ? 0 : 1;
        rowBytes[RowTheta] = job.Options.RowTemperatureTheta == null ? 0 : sizeof(double);
        rowBytes[RowTarget] = job.Options.RowTemperatureTarget == null ? 0 : sizeof(double);
        rowBytes[RowFirst] = DevicePlan.RowFirst(job.Options) == null ? 0 : sizeof(double);
        rowBytes[RowSecond] = DevicePlan.RowSecond(job.Options) == null ? 0 : sizeof(double);
        rowBytes[Q] = job.Solution.Q == null ? 0 : Pitch(job, job.Q.DType);
        rowBytes[LogQ] = job.Solution.LogQ == null ? 0 : Pitch(job, job.LogQ.DType);
        for (int i = 0; i < 7; i++)
        {
            rowBytes[LogQ + 1 + i] = Scalar(job.Solution, i) == null ? 0 : sizeof(double);
        }

        rowBytes[RowStatuses - 1] = job.Solution.Iterations == null ? 0 : sizeof(int);
        rowBytes[RowStatuses] = sizeof(int);
        nuint offset = 0;
        for (int i = 0; i < FieldCount; i++)
        {
            offsets[i] = offset;
            offset += (Bytes(i) + 63) & ~(nuint)63;
        }

        StagingBytes = offset;
        WorkspaceBytes = Plan(job, new nint[FieldCount], rows, 1).WorkspaceBytes;
    }

    internal nuint StagingBytes { get; }

    internal nuint WorkspaceBytes { get; }

    /// <summary>Of a full chunk.</summary>
    internal nuint Bytes(int field) => Bytes(field, capacity);

    internal nuint Bytes(int field, long rows) => (nuint)(rowBytes[field] * rows);

    internal nuint Offset(int field) => offsets[field];

    /// <summary>Bytes that a row moves and holds, staging and device together.</summary>
    internal static long RowBytes(in HostJob job)
    {
        HostLayout one = new(job, 1);
        return (long)(one.StagingBytes + one.WorkspaceBytes);
    }

    /// <summary>Packs an input's rows into staging memory.</summary>
    internal void Gather(in HostJob job, int field, long first, long rows, byte* to)
    {
        if (field > Target)
        {
            byte* from = field == RowMask ? job.Options.RowMask : (byte*)(
                field == RowTheta ? job.Options.RowTemperatureTheta
                : field == RowTarget ? job.Options.RowTemperatureTarget
                : field == RowFirst ? DevicePlan.RowFirst(job.Options)
                : DevicePlan.RowSecond(job.Options));
            Unsafe.CopyBlockUnaligned(to, from + (first * rowBytes[field]), (uint)(rows * rowBytes[field]));
            return;
        }

        Matrix matrix = field == Theta ? job.Theta : job.Target;
        long bytes = job.Columns * Addressing.SizeOf(matrix.DType);
        for (long i = 0; i < rows; i++, to += rowBytes[field])
        {
            Buffer.MemoryCopy(Addressing.Row(matrix, first + i), to, bytes, bytes);
        }
    }

    /// <summary>Unpacks an output's rows.</summary>
    internal void Scatter(in HostJob job, int field, long first, long rows, byte* staging)
    {
        byte* from = staging + offsets[field];
        if (field == Q || field == LogQ)
        {
            ScatterRows(job, field, first, rows, from, (int*)(staging + offsets[RowStatuses]));
            return;
        }

        byte* to = field == RowStatuses ? (byte*)job.Solution.RowStatus
            : field == RowStatuses - 1 ? (byte*)job.Solution.Iterations
            : (byte*)Scalar(job.Solution, field - LogQ - 1);
        if (to != null)
        {
            Unsafe.CopyBlockUnaligned(to + (first * rowBytes[field]), from, (uint)(rows * rowBytes[field]));
        }
    }

    /// <summary>The launches of a chunk whose arrays lie in <paramref name="memory"/>.</summary>
    internal DevicePlan Plan(in HostJob job, nint[] memory, long rows, int units)
    {
        Matrix q = Packed(job, job.Q.DType, memory[Q], rows), logQ = Packed(job, job.LogQ.DType, memory[LogQ], rows);
        Solution solution = new()
        {
            Q = memory[Q] == 0 ? null : &q,
            LogQ = memory[LogQ] == 0 ? null : &logQ,
            Alpha = (double*)memory[LogQ + 1],
            LogZ = (double*)memory[LogQ + 2],
            KlTheta = (double*)memory[LogQ + 3],
            KlTarget = (double*)memory[LogQ + 4],
            EssTheta = (double*)memory[LogQ + 5],
            EssTarget = (double*)memory[LogQ + 6],
            Residual = (double*)memory[LogQ + 7],
            Iterations = (int*)memory[RowStatuses - 1],
            RowStatus = (RowStatus*)memory[RowStatuses],
        };
        SolveOptions options = job.Options;
        options.ValidColumns = 0;
        options.RowMask = (byte*)memory[RowMask];
        options.RowTemperatureTheta = (double*)memory[RowTheta];
        options.RowTemperatureTarget = (double*)memory[RowTarget];
        options.RowAlpha = options.RowWeightTheta = options.RowBudget = options.RowFloor = (double*)memory[RowFirst];
        options.RowWeightTarget = (double*)memory[RowSecond];
        Matrix theta = Packed(job, job.Theta.DType, memory[Theta], rows), target = Packed(job, job.Target.DType, memory[Target], rows);
        return DevicePlan.Of(isHandle: true, theta, target, options, solution, units);
    }

    private void ScatterRows(in HostJob job, int field, long first, long rows, byte* from, int* statuses)
    {
        Matrix matrix = field == Q ? job.Q : job.LogQ;
        long bytes = job.Columns * Addressing.SizeOf(matrix.DType);
        for (long i = 0; i < rows; i++, from += rowBytes[field])
        {
            Buffer.MemoryCopy(from, Addressing.Row(matrix, first + i), bytes, bytes);
            bool isZero = field == Q || statuses[i] == (int)RowStatus.Skipped;
            Addressing.Fill(matrix, first + i, job.Columns, matrix.Columns, isZero ? 0 : double.NegativeInfinity);
        }
    }

    private static Matrix Packed(in HostJob job, DType type, nint memory, long rows) => new((void*)memory, type, rows, job.Columns)
    {
        RowStride = Pitch(job, type) / Addressing.SizeOf(type),
    };

    private static long Pitch(in HostJob job, DType type)
    {
        long elements = (job.Columns + HostSlot.Alignment - 1) / HostSlot.Alignment * HostSlot.Alignment;
        return elements * Addressing.SizeOf(type);
    }

    private static double* Scalar(in Solution solution, int index) => index switch
    {
        0 => solution.Alpha,
        1 => solution.LogZ,
        2 => solution.KlTheta,
        3 => solution.KlTarget,
        4 => solution.EssTheta,
        5 => solution.EssTarget,
        _ => solution.Residual,
    };
}
