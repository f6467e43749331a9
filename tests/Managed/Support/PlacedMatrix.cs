using System;

namespace Equipoise.Tests.Support;

/// <summary>A matrix in guarded memory, laid out as a test wants it.</summary>
internal sealed unsafe class PlacedMatrix : IDisposable
{
    private readonly GuardedBuffer buffer;
    private readonly Layout layout;
    private readonly int columns;
    private readonly int rows;

    /// <summary>Rows of <paramref name="columns"/> valid columns, all NaN.</summary>
    public PlacedMatrix(int rows, int columns, DType dtype, Layout layout)
    {
        (this.rows, this.columns, this.layout) = (rows, columns, layout);
        int size = Codec.Size(dtype);
        long elements = rows == 0 ? 0 : Start(rows - 1) + Width;
        buffer = new GuardedBuffer((elements + layout.Offset) * size, layout.Edge);
        Matrix = new Matrix(buffer.Data + (layout.Edge == Edge.Start ? layout.Offset * size : 0), dtype, rows, Width)
        {
            RowStride = layout.Gap == 0 && layout.Group == 0 ? 0 : Stride,
            GroupRows = layout.Group,
            GroupStride = layout.Group == 0 ? 0 : GroupStride,
        };
    }

    /// <summary>As the library takes it.</summary>
    public Matrix Matrix { get; }

    private int Width => columns + layout.Padding;

    private long Stride => Width + layout.Gap;

    private long GroupStride => (layout.Group * Stride) + layout.GroupGap;

    /// <summary>Writes one row's valid columns.</summary>
    public void Fill(int row, double[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Codec.Write(Matrix.Data, Start(row) + i, Matrix.DType, values[i]);
        }
    }

    /// <summary>One row's columns, padding included.</summary>
    public double[] Row(int row)
    {
        double[] values = new double[Width];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Codec.Read(Matrix.Data, Start(row) + i, Matrix.DType);
        }

        return values;
    }

    /// <summary>One row's bytes, padding included.</summary>
    public Span<byte> Bytes(int row)
    {
        int size = Codec.Size(Matrix.DType);
        return new Span<byte>((byte*)Matrix.Data + (Start(row) * size), Width * size);
    }

    /// <summary>Whether every byte of the buffer outside the rows still is as it was made.</summary>
    public bool GapsUntouched()
    {
        byte[] all = buffer.Span.ToArray();
        for (int row = 0; row < rows; row++)
        {
            fixed (byte* p = Bytes(row))
            {
                all.AsSpan((int)(p - buffer.Data), Bytes(row).Length).Fill(0xFF);
            }
        }

        return all.AsSpan().IndexOfAnyExcept((byte)0xFF) < 0;
    }

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();

    private long Start(int row) => layout.Group == 0 ? row * Stride : (row / layout.Group * GroupStride) + (row % layout.Group * Stride);
}
