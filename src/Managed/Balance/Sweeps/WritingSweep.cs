using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The writing sweep over a piece of a row, guided by what the reading sweep found of each block.</summary>
internal static unsafe class WritingSweep<T, L, V, S, TScale, W>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
    where W : struct, IBlockWriter<T, L, V>
{
    /// <summary>Stores q of columns [begin, end) from <paramref name="q"/>, the row's first element, on; gives Σq and Σq·d.</summary>
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, in PathPoint point, void* q, Moments* result)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        double weight = 0, first = 0;
        for (nint start = begin; start < end; start += Blocks.Columns, flags++)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            Part block = new() { Theta = theta, Target = target, Count = count, Destination = (byte*)q + (start * W.ElementSize) };
            block.IsCareful = (*flags & BlockFlags.Careful) != 0;
            Moments sums = (*flags & BlockFlags.PeakedChunks) == 0 ? Write(block, point) : WriteChunks(row, start, block, *flags, point);
            weight += sums.Weight;
            first += sums.First;
        }

        *result = new Moments { Weight = weight, First = first };
    }

    /// <summary>A run of columns within a block.</summary>
    private struct Part
    {
        internal void* Theta;
        internal void* Target;
        internal int Count;
        internal byte* Destination;
        internal bool IsCareful;
    }

    /// <summary>Chunk by chunk, the sums of the peaked ones in f64.</summary>
    private static Moments WriteChunks(in RowPair row, nint start, in Part block, BlockFlags flags, in PathPoint point)
    {
        Moments total = default;
        for (int begin = 0; begin < block.Count; begin += Blocks.ChunkColumns)
        {
            Part chunk = block with { Count = Math.Min(Blocks.ChunkColumns, block.Count - begin) };
            chunk.Theta = (byte*)block.Theta + (begin * S.ElementSize);
            chunk.Target = (byte*)block.Target + (begin * S.ElementSize);
            chunk.Destination = block.Destination + (begin * W.ElementSize);
            bool isPeaked = (flags & BlockFlagsExtensions.ChunkAt(begin)) != 0;
            Moments sums = Write(chunk, point);
            total.Add(isPeaked ? Wide.Evaluate(row, start + begin, chunk.Count, point) : sums, 1);
        }

        return total;
    }

    private static Moments Write(in Part part, in PathPoint point)
    {
        int main = part.Count - (part.Count % S.Step);
        Moments sums = default;
        if (part.IsCareful)
        {
            sums = CarefulWriting<T, L, V, S, W>.Write(part.Theta, part.Target, main, point, part.Destination);
        }
        else
        {
            PlainWriting<T, L, V, S, TScale, W>.Write(part.Theta, part.Target, main, point, part.Destination, out sums.Weight, out sums.First);
        }

        if (main < part.Count)
        {
            sums.Add(WriteTail(part.Theta, part.Target, main, part.Count - main, point, part.Destination), 1);
        }

        return sums;
    }

    [SkipLocalsInit]
    private static Moments WriteTail(void* theta, void* target, int index, int count, in PathPoint point, byte* destination)
    {
        T* tail = stackalloc T[2 * S.Step];
        double* written = stackalloc double[S.Step];
        S.CopyTail(theta, index, count, tail);
        S.CopyTail(target, index, count, tail + S.Step);
        Moments sums = CarefulWriting<T, L, V, S, W>.Write(tail, tail + S.Step, S.Step, point, written);
        Unsafe.CopyBlockUnaligned(destination + (index * W.ElementSize), written, (uint)(count * W.ElementSize));
        return sums;
    }
}
