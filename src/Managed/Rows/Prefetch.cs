using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Equipoise.Vectors;

namespace Equipoise.Rows;

/// <summary>
/// Asks for the next block while the present one is computed: without it the search for a block's largest score would wait for memory,
/// and the arithmetic after it would leave memory idle.
/// </summary>
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Next<T, L, V, S>(void* theta, void* target, nint index)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
        where S : struct, IBlockSource<T, L, V>
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)theta + ((index + Blocks.Columns) * S.ElementSize));
            Sse.Prefetch0((byte*)target + ((index + Blocks.Columns) * S.ElementSize));
        }
    }

    /// <summary>Asks for the lines that the next block's results will go to: a store that misses stalls the sweep.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Written<L, T, V, W>(void* destination, nint index)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
        where W : struct, IBlockWriter<T, L, V>
    {
        if (Sse.IsSupported && W.Writes)
        {
            Sse.Prefetch0((byte*)destination + ((index + Blocks.Columns) * W.ElementSize));
        }
    }
}
