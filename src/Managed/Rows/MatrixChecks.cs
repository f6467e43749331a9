using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Rows;

/// <summary>What is asked of a matrix before any row is touched. Parameter names are the C names.</summary>
internal static unsafe class MatrixChecks
{
    /// <summary>A readable or writable matrix of <paramref name="rows"/> rows.</summary>
    internal static void Check(in Matrix matrix, long rows, string name)
    {
        Require((uint)matrix.DType <= (uint)DType.BF16, name, $"{name}.dtype {(int)matrix.DType} is not a dtype");
        Require(matrix.Rows >= 0, name, $"{name}.rows is {matrix.Rows}, must be at least 0");
        Require(matrix.Rows == rows, name, $"{name} has {matrix.Rows} rows, must have {rows} as theta");
        Require(matrix.Columns >= 0, name, $"{name}.columns is {matrix.Columns}, must be at least 0");
        Require(matrix.GroupRows >= 0, name, $"{name}.group_rows is {matrix.GroupRows}, must be at least 0");
        if (matrix.Rows == 0)
        {
            return;
        }

        Require(matrix.Columns >= 1, name, $"{name}.columns is 0, must be at least 1");
        Require(matrix.Data != null, name, $"{name}.data is null");
        int size = Addressing.SizeOf(matrix.DType);
        Require((nuint)matrix.Data % (nuint)size == 0, name, $"{name}.data is not aligned to its element type ({size} bytes)");
        Require(Fits(matrix, size), name, $"{name}: its rows, columns and strides exceed the address space");
    }

    /// <summary>Rows of an output may not share elements.</summary>
    internal static void CheckOutput(in Matrix matrix, long rows, long columns, string name)
    {
        Check(matrix, rows, name);
        Require(rows == 0 || matrix.Columns == columns, name, $"{name} has {matrix.Columns} columns, must have {columns} as theta");
        long stride = matrix.RowStride == 0 ? matrix.Columns : matrix.RowStride;
        long inGroup = matrix.GroupRows == 0 ? rows : Math.Min(matrix.GroupRows, rows);
        Require(inGroup <= 1 || Math.Abs(stride) >= matrix.Columns, name, $"{name}.row_stride {stride} is smaller than its {matrix.Columns} columns: rows overlap");
        if (matrix.GroupRows > 0 && rows > matrix.GroupRows)
        {
            long extent = ((inGroup - 1) * Math.Abs(stride)) + matrix.Columns;
            bool isApart = Math.Abs(matrix.GroupStride) >= extent || Math.Abs(matrix.GroupStride) >= matrix.Columns && IsInterleaved(matrix, stride);
            Require(isApart, name, $"{name}.group_stride {matrix.GroupStride} makes its groups overlap");
        }
    }

    /// <summary>No byte of an output may belong to an input or another output.</summary>
    internal static void CheckApart(in Matrix output, string outputName, in Matrix other, string otherName)
    {
        if (output.Rows == 0 || other.Rows == 0)
        {
            return;
        }

        Extent(output, out byte* begin, out byte* end);
        Extent(other, out byte* otherBegin, out byte* otherEnd);
        bool isApart = end <= otherBegin || otherEnd <= begin || AreSideBySide(output, other);
        Require(isApart, outputName, $"{outputName} overlaps {otherName}");
    }

    internal static void Require(bool condition, string name, [InterpolatedStringHandlerArgument(nameof(condition))] ref RequirementText message)
    {
        if (!condition)
        {
            throw new ArgumentException(message.Finish(), name);
        }
    }

    internal static void Require(bool condition, string name, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message, name);
        }
    }

    /// <summary>Groups that lie between each other's rows, as [sequence, batch] views of [batch, sequence] memory do.</summary>
    private static bool IsInterleaved(in Matrix matrix, long stride)
    {
        long groups = (matrix.Rows + matrix.GroupRows - 1) / matrix.GroupRows;
        return Math.Abs(stride) >= ((groups - 1) * Math.Abs(matrix.GroupStride)) + matrix.Columns;
    }

    private static bool Fits(in Matrix matrix, int size)
    {
        try
        {
            checked
            {
                long stride = matrix.RowStride == 0 ? matrix.Columns : matrix.RowStride;
                long groupRows = matrix.GroupRows == 0 ? matrix.Rows : matrix.GroupRows, groups = (matrix.Rows - 1) / groupRows;
                long rows = Math.Abs(stride) * (Math.Min(groupRows, matrix.Rows) - 1), between = Math.Abs(matrix.GroupStride) * groups;
                return (rows + between + matrix.Columns) * size < long.MaxValue / 2;
            }
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static void Extent(in Matrix matrix, out byte* begin, out byte* end)
    {
        // Addresses grow or fall along a group and from group to group: the outermost rows are the corners, the last group's among them.
        long last = matrix.Rows - 1, inGroup = matrix.GroupRows == 0 ? matrix.Rows : Math.Min(matrix.GroupRows, matrix.Rows);
        long lastGroup = last / inGroup * inGroup;
        long low = 0, high = 0;
        foreach (long row in (ReadOnlySpan<long>)[inGroup - 1, Math.Max(0, lastGroup - 1), Math.Max(0, lastGroup - inGroup), lastGroup, last])
        {
            long offset = Addressing.Offset(matrix, row);
            low = Math.Min(low, offset);
            high = Math.Max(high, offset);
        }

        int size = Addressing.SizeOf(matrix.DType);
        begin = (byte*)matrix.Data + (low * size);
        end = (byte*)matrix.Data + ((high + matrix.Columns) * size);
    }

    /// <summary>Two column ranges of one buffer: the same stride in bytes, and within it no common byte.</summary>
    private static bool AreSideBySide(in Matrix output, in Matrix other)
    {
        int size = Addressing.SizeOf(output.DType), otherSize = Addressing.SizeOf(other.DType);
        long pitch = (output.RowStride == 0 ? output.Columns : output.RowStride) * size;
        long otherPitch = (other.RowStride == 0 ? other.Columns : other.RowStride) * otherSize;
        if (pitch <= 0 || pitch != otherPitch || output.GroupRows != 0 || other.GroupRows != 0)
        {
            return false;
        }

        long between = (((byte*)other.Data - (byte*)output.Data) % pitch + pitch) % pitch;
        return between >= output.Columns * size && between + (other.Columns * otherSize) <= pitch;
    }
}
