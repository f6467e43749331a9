using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>What the reading sweep leaves for the writing sweep about a block.</summary>
[Flags]
internal enum BlockFlags : ushort
{
    Plain = 0,

    /// <summary>One bit per chunk: one weight dominates the chunk, and the chunk matters; it is summed in f64.</summary>
    PeakedChunks = 0xff,

    /// <summary>The block holds masks, or numbers that plain sums cannot take.</summary>
    Careful = 0x100,
}

internal static class BlockFlagsExtensions
{
    /// <summary>The bit of the chunk that holds a column of the block.</summary>
    internal static BlockFlags ChunkAt(int column) => (BlockFlags)(1 << (column / Blocks.ChunkColumns));
}
