using System;
using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Rows;

/// <summary>Converts a block of a row, of any dtype and kind of scores, into log-scores of the lanes' type.</summary>
internal static unsafe class Staging<T, L, V, LF, VF>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    [SkipLocalsInit]
    internal static void Fetch(void* source, DType type, in RowPair row, nint begin, int count, T* destination)
    {
        switch (type)
        {
            case DType.F64:
                // Only f64 lanes are chosen for f64 scores.
                Unsafe.CopyBlockUnaligned(destination, (double*)source + begin, (uint)(count * sizeof(double)));
                break;
            case DType.F32:
                FromF32((float*)source + begin, count, destination);
                break;
            default:
                float* wide = stackalloc float[Blocks.Columns];
                Widen((ushort*)source + begin, type == DType.F16, count, wide);
                FromF32(wide, count, destination);
                break;
        }

        if (row.Scores == Scores.Probs)
        {
            TakeLog(destination, count, row.ProbabilityEpsilon);
        }
    }

    /// <summary>Both policies, the target <see cref="Blocks.Columns"/> behind the other, filled up to whole registers with −∞.</summary>
    internal static int FetchBoth(in RowPair row, nint begin, int count, T* destination)
    {
        Fetch(row.Theta, row.ThetaType, row, begin, count, destination);
        Fetch(row.Target, row.TargetType, row, begin, count, destination + Blocks.Columns);
        int padded = count;
        for (; padded % L.Count != 0; padded++)
        {
            destination[padded] = destination[Blocks.Columns + padded] = MinusInfinity;
        }

        return padded;
    }

    private static T MinusInfinity =>
        typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>(float.NegativeInfinity) : Unsafe.BitCast<double, T>(double.NegativeInfinity);

    private static void FromF32(float* source, int count, T* destination)
    {
        int i = 0;
        for (; i <= count - L.Count; i += L.Count)
        {
            L.Store(destination + i, L.LoadF32(source + i));
        }

        for (; i < count; i++)
        {
            destination[i] = typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>(source[i]) : Unsafe.BitCast<double, T>(source[i]);
        }
    }

    private static void Widen(ushort* source, bool isF16, int count, float* destination)
    {
        int i = 0;
        for (; i <= count - LF.Count; i += LF.Count)
        {
            LF.Store(destination + i, isF16 ? LF.LoadF16(source + i) : LF.LoadBF16(source + i));
        }

        for (; i < count; i++)
        {
            destination[i] = isF16 ? (float)BitConverter.UInt16BitsToHalf(source[i]) : BitConverter.Int32BitsToSingle(source[i] << 16);
        }
    }

    private static void TakeLog(T* values, int count, double epsilon)
    {
        V shift = L.Broadcast(epsilon);
        int i = 0;
        for (; i <= count - L.Count; i += L.Count)
        {
            L.Store(values + i, L.Log(L.Add(L.Load(values + i), shift)));
        }

        if (i < count)
        {
            T* tail = stackalloc T[L.Count];
            L.Store(tail, L.Broadcast(1));
            Unsafe.CopyBlockUnaligned(tail, values + i, (uint)((count - i) * sizeof(T)));
            L.Store(tail, L.Log(L.Add(L.Load(tail), shift)));
            Unsafe.CopyBlockUnaligned(values + i, tail, (uint)((count - i) * sizeof(T)));
        }
    }
}
