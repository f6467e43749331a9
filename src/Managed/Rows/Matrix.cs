using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>
/// A [rows, columns] matrix in the caller's memory; the layout of <c>eqp_matrix</c>. Each row is contiguous; row i starts at element
/// (i / GroupRows) · GroupStride + (i % GroupRows) · RowStride.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Matrix
{
    /// <summary>The first element; aligned to the element type.</summary>
    public void* Data;

    /// <summary>The element type.</summary>
    public DType DType;

    /// <summary>Number of rows, ≥ 0.</summary>
    public long Rows;

    /// <summary>Width of a row in elements.</summary>
    public long Columns;

    /// <summary>Elements from a row to the next; 0 = <see cref="Columns"/> (packed).</summary>
    public long RowStride;

    /// <summary>Rows in a group; 0 = one group.</summary>
    public long GroupRows;

    /// <summary>Elements from a group to the next.</summary>
    public long GroupStride;

    /// <summary>A packed matrix.</summary>
    public Matrix(void* data, DType dtype, long rows, long columns)
    {
        Data = data;
        DType = dtype;
        Rows = rows;
        Columns = columns;
    }
}
