using System;

namespace Equipoise.Rows;

/// <summary>Whole rows to f64 and back, for what is done once a row and by scalars.</summary>
internal static unsafe class WholeRows
{
    internal static void Read(in Matrix matrix, long row, double* to)
    {
        byte* start = Addressing.Row(matrix, row);
        nint count = (nint)matrix.Columns;
        switch (matrix.DType)
        {
            case DType.F32:
                for (nint i = 0; i < count; i++)
                {
                    to[i] = ((float*)start)[i];
                }

                break;
            case DType.F64:
                Buffer.MemoryCopy(start, to, count * sizeof(double), count * sizeof(double));
                break;
            case DType.F16:
                for (nint i = 0; i < count; i++)
                {
                    to[i] = (double)BitConverter.UInt16BitsToHalf(((ushort*)start)[i]);
                }

                break;
            default:
                for (nint i = 0; i < count; i++)
                {
                    to[i] = BitConverter.Int32BitsToSingle(((ushort*)start)[i] << 16);
                }

                break;
        }
    }

    internal static void Write(in Matrix matrix, long row, double* from)
    {
        byte* start = Addressing.Row(matrix, row);
        switch (matrix.DType)
        {
            case DType.F32:
                Write<F32Element>(start, from, matrix.Columns);
                break;
            case DType.F64:
                Write<F64Element>(start, from, matrix.Columns);
                break;
            case DType.F16:
                Write<F16Element>(start, from, matrix.Columns);
                break;
            default:
                Write<BF16Element>(start, from, matrix.Columns);
                break;
        }
    }

    private static void Write<E>(void* to, double* from, long count)
        where E : struct, IElement
    {
        for (nint i = 0; i < (nint)count; i++)
        {
            E.Store(to, i, from[i]);
        }
    }
}
