using System;

namespace Equipoise.Rows;

/// <summary>The pieces of one row: summed apart, by one worker or by several, and added in their order.</summary>
internal static unsafe class Pieces
{
    internal static int CountOf(nint columns) => (int)((columns + Blocks.PieceColumns - 1) / Blocks.PieceColumns);

    internal static nint Begin(long piece) => (nint)piece * Blocks.PieceColumns;

    internal static nint End(long piece, nint columns) => Math.Min(Begin(piece + 1), columns);

    /// <summary>Calls <paramref name="work"/>(context, piece) for every piece.</summary>
    internal static void ForEach(int count, int threads, delegate*<void*, long, void> work, void* context)
    {
        if (threads > 1 && count > 1)
        {
            Workers.Run(count, threads, work, context);
            return;
        }

        for (int piece = 0; piece < count; piece++)
        {
            work(context, piece);
        }
    }
}
