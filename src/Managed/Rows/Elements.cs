using System;

namespace Equipoise.Rows;

/// <summary>Single elements of any dtype.</summary>
internal static unsafe class Elements
{
    internal static double Read(void* row, nint index, DType type) => type switch
    {
        DType.F32 => ((float*)row)[index],
        DType.F64 => ((double*)row)[index],
        DType.F16 => (double)BitConverter.UInt16BitsToHalf(((ushort*)row)[index]),
        _ => BitConverter.Int32BitsToSingle(((ushort*)row)[index] << 16),
    };

    /// <summary>Stores f64 values from element <paramref name="begin"/> of a row on.</summary>
    internal static void Store(double* values, int count, void* row, nint begin, DType type)
    {
        switch (type)
        {
            case DType.F32:
                Store<F32Element>(values, count, row, begin);
                break;
            case DType.F64:
                Store<F64Element>(values, count, row, begin);
                break;
            case DType.F16:
                Store<F16Element>(values, count, row, begin);
                break;
            default:
                Store<BF16Element>(values, count, row, begin);
                break;
        }
    }

    private static void Store<E>(double* values, int count, void* row, nint begin)
        where E : struct, IElement
    {
        for (int i = 0; i < count; i++)
        {
            E.Store(row, begin + i, values[i]);
        }
    }
}
