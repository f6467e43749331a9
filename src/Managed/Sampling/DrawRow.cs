using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>
/// One row while it is drawn from: the masses of its chunks, and the chunk at hand token by token. A chunk's mass decides whether it is
/// drawn, f64 weights decide which of its tokens is.
/// </summary>
internal unsafe struct DrawRow
{
    internal RowPair Row;
    internal PathPoint Point;
    internal BlockFlags* Flags;

    /// <summary>The sweep that sums in f32; null where f64 is needed.</summary>
    internal delegate*<in RowPair, nint, nint, BlockFlags*, in PathPoint, double*, void> Sweep;

    /// <summary>Tokens whose exponent is below are none of q's.</summary>
    internal double Threshold;

    /// <summary><see cref="Masses"/> are known: finding the threshold has summed them.</summary>
    internal bool IsMeasured;

    internal int ChunkCount;

    /// <summary>[chunks].</summary>
    internal double* Masses;

    /// <summary>[chunks + 1] sums of the masses before each.</summary>
    internal double* Before;

    /// <summary>One bit a token that may not be drawn again, or null.</summary>
    internal ulong* Drawn;

    /// <summary>Of the open chunk: [columns] weights, and [groups + 1] sums of the weights before each group.</summary>
    private double* weights;
    private double* beforeGroup;
    private int open;

    /// <summary>Bytes that a row of so many columns needs.</summary>
    internal static nint SizeOf(nint columns) => ((2 * (nint)Chunks.CountOf(columns)) + 2 + Chunks.Columns + Chunks.Groups) * sizeof(double);

    /// <summary>Lays the row's own arrays out from <paramref name="memory"/> on.</summary>
    internal void Use(byte* memory)
    {
        ChunkCount = Chunks.CountOf(Row.Columns);
        weights = (double*)memory;
        beforeGroup = weights + Chunks.Columns;
        Masses = beforeGroup + Chunks.Groups + 1;
        Before = Masses + ChunkCount;
        open = -1;
    }

    internal readonly double Total => Before[ChunkCount];

    /// <summary>Sums q chunk by chunk.</summary>
    internal static void Measure(DrawRow* row, int threads)
    {
        Pieces.ForEach(Pieces.CountOf(row->Row.Columns), threads, &MeasurePiece, row);
        row->Sum();
    }

    /// <summary>All of q, once <see cref="Masses"/> are known; brings <see cref="Before"/> up to date.</summary>
    internal readonly double Sum()
    {
        double sum = 0;
        for (int chunk = 0; chunk < ChunkCount; chunk++)
        {
            Before[chunk] = sum;
            sum += Masses[chunk];
        }

        Before[ChunkCount] = sum;
        return sum;
    }

    /// <summary>f64 exponents of a chunk's tokens, of which it has as many as the answer says.</summary>
    internal readonly int Exponents(int chunk, double* exponents)
    {
        int width = Chunks.WidthOf(chunk, Row.Columns);
        WidePoint.Exponents(Row, (nint)chunk * Chunks.Columns, width, Point, exponents);
        return width;
    }

    /// <summary>The largest of them.</summary>
    [SkipLocalsInit]
    internal readonly double LargestOf(int chunk)
    {
        double* exponents = stackalloc double[Chunks.Columns];
        return WidePoint.Largest(exponents, Exponents(chunk, exponents));
    }

    /// <summary>A chunk's mass, in f64.</summary>
    [SkipLocalsInit]
    internal readonly double MassOf(int chunk)
    {
        double* weights = stackalloc double[Chunks.Columns];
        int width = Exponents(chunk, weights);
        WidePoint.Weights(weights, width, Threshold);
        return WidePoint.Sum(weights, width);
    }

    /// <summary>The token that holds the place <paramref name="position"/> in [0, total) of q laid end to end.</summary>
    internal nint Find(double position)
    {
        int chunk = FirstAbove(Before + 1, ChunkCount, position);
        Open(chunk);
        double total = beforeGroup[Chunks.Groups], within = (position - Before[chunk]) / Masses[chunk] * total;

        // A token's share ends where the sums rise: rounding may not carry the place beyond the last rise.
        return ((nint)chunk * Chunks.Columns) + FindInChunk(Math.Min(within, Math.BitDecrement(total)));
    }

    /// <summary>Takes the token out of q.</summary>
    internal void Remove(nint column)
    {
        Drawn[column / 64] |= 1UL << (int)(column % 64);
        int chunk = (int)(column / Chunks.Columns);
        open = -1;
        Open(chunk);
        Masses[chunk] = beforeGroup[Chunks.Groups];
        Sum();
    }

    /// <summary>log2 of the token's weight, and log-probabilities of both policies are linear in these.</summary>
    internal readonly double Exponent(double theta, double target) =>
        (Point.ThetaFactor * (theta - Point.ThetaTop)) + (Point.TargetFactor * (target - Point.TargetTop)) + Point.Offset;

    private void Open(int chunk)
    {
        if (open == chunk)
        {
            return;
        }

        open = chunk;
        nint begin = (nint)chunk * Chunks.Columns;
        int width = Chunks.WidthOf(chunk, Row.Columns);
        WidePoint.Exponents(Row, begin, width, Point, weights);
        WidePoint.Weights(weights, width, Threshold);
        new Span<double>(weights + width, Chunks.Columns - width).Clear();
        if (Drawn != null)
        {
            ClearDrawn(begin);
        }

        double sum = 0;
        for (int group = 0; group < Chunks.Groups; group++)
        {
            beforeGroup[group] = sum;
            sum += WidePoint.Sum(weights + (group * Chunks.GroupColumns), Chunks.GroupColumns);
        }

        beforeGroup[Chunks.Groups] = sum;
    }

    private readonly void ClearDrawn(nint begin)
    {
        nint end = nint.Min(begin + Chunks.Columns, Row.Columns);
        for (nint column = begin; column < end; column++)
        {
            if ((Drawn[column / 64] >> (int)(column % 64) & 1) != 0)
            {
                weights[column - begin] = 0;
            }
        }
    }

    /// <summary>The last token of its group that begins at or before the place: the sums rise there.</summary>
    private readonly int FindInChunk(double place)
    {
        int group = FirstAbove(beforeGroup + 1, Chunks.Groups, place), last = 0;
        double* start = weights + (group * Chunks.GroupColumns);
        double sum = beforeGroup[group];
        for (int i = 0; i < Chunks.GroupColumns && sum <= place; i++)
        {
            last = start[i] > 0 ? i : last;
            sum += start[i];
        }

        return (group * Chunks.GroupColumns) + last;
    }

    /// <summary>The first of ascending numbers that is above <paramref name="bound"/>; there is one.</summary>
    private static int FirstAbove(double* ascending, int count, double bound)
    {
        int low = 0, high = count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (ascending[middle] > bound)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private static void MeasurePiece(void* context, long piece)
    {
        DrawRow* row = (DrawRow*)context;
        nint begin = Pieces.Begin(piece), end = Pieces.End(piece, row->Row.Columns);
        double* masses = row->Masses + (piece * Chunks.InPiece);
        if (row->Sweep != null)
        {
            row->Sweep(row->Row, begin, end, row->Flags + (piece * Blocks.InPiece), row->Point, masses);
            return;
        }

        SumWide(*row, begin, end, masses);
    }

    private static void SumWide(in DrawRow row, nint begin, nint end, double* masses)
    {
        for (nint start = begin; start < end; start += Chunks.Columns)
        {
            *masses++ = row.MassOf((int)(start / Chunks.Columns));
        }
    }
}
