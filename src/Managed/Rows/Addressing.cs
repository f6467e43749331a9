namespace Equipoise.Rows;

/// <summary>Where rows and elements lie.</summary>
internal static unsafe class Addressing
{
    internal static int SizeOf(DType type) => type switch { DType.F32 => 4, DType.F64 => 8, _ => 2 };

    /// <summary>First element of a row.</summary>
    internal static byte* Row(in Matrix matrix, long row) => (byte*)matrix.Data + (Offset(matrix, row) * SizeOf(matrix.DType));

    /// <summary>Elements from the first row to the given one.</summary>
    internal static long Offset(in Matrix matrix, long row)
    {
        long stride = matrix.RowStride == 0 ? matrix.Columns : matrix.RowStride;
        return matrix.GroupRows == 0
            ? row * stride
            : (row / matrix.GroupRows * matrix.GroupStride) + (row % matrix.GroupRows * stride);
    }

    /// <summary>Columns that are tokens; 0 valid columns stands for all of them.</summary>
    internal static nint RealColumns(in Matrix matrix, long validColumns) => (nint)(validColumns == 0 ? matrix.Columns : validColumns);

    /// <summary>Sets a row: one value in its real columns, another in the padding behind them.</summary>
    internal static void FillRow(in Matrix matrix, long row, long columns, double value, double padding)
    {
        Fill(matrix, row, 0, columns, value);
        Fill(matrix, row, columns, matrix.Columns, padding);
    }

    /// <summary>Sets columns [begin, end) of a row.</summary>
    internal static void Fill(in Matrix matrix, long row, long begin, long end, double value)
    {
        byte* start = Row(matrix, row);
        for (nint i = (nint)begin; i < end; i++)
        {
            switch (matrix.DType)
            {
                case DType.F32:
                    F32Element.Store(start, i, value);
                    break;
                case DType.F64:
                    F64Element.Store(start, i, value);
                    break;
                case DType.F16:
                    F16Element.Store(start, i, value);
                    break;
                default:
                    BF16Element.Store(start, i, value);
                    break;
            }
        }
    }
}
