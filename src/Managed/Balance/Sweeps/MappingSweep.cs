using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>What becomes of each element of a block, whatever the others are.</summary>
internal unsafe interface IBlockMap<TArgument>
{
    /// <summary>Stores <paramref name="count"/> elements, a multiple of the source's step.</summary>
    static abstract void Write(void* theta, void* target, int count, in TArgument argument, void* destination);
}

/// <summary>Stores a map of both policies' scores over a piece of a row.</summary>
internal static unsafe class MappingSweep<T, L, V, S, W, TMap, TArgument>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
    where TMap : struct, IBlockMap<TArgument>
{
    [SkipLocalsInit]
    internal static void Piece(in RowPair row, nint begin, nint end, in TArgument argument, void* output)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        T* tail = stackalloc T[2 * S.Step];
        double* written = stackalloc double[S.Step];
        for (nint start = begin; start < end; start += Blocks.Columns)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), main = count - (count % S.Step);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            byte* destination = (byte*)output + (start * W.ElementSize);
            TMap.Write(theta, target, main, argument, destination);
            if (main < count)
            {
                S.CopyTail(theta, main, count - main, tail);
                S.CopyTail(target, main, count - main, tail + S.Step);
                TMap.Write(tail, tail + S.Step, S.Step, argument, written);
                Unsafe.CopyBlockUnaligned(destination + (main * W.ElementSize), written, (uint)((count - main) * W.ElementSize));
            }
        }
    }
}
