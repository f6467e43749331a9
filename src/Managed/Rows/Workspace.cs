using System;

namespace Equipoise.Rows;

/// <summary>Scratch memory of a thread, kept between calls and grown when a wider row comes: the hot path allocates nothing.</summary>
internal static unsafe class Workspace
{
    [ThreadStatic]
    private static byte[]? buffer;

    /// <summary>At least <paramref name="bytes"/> bytes, 16-byte aligned, valid until this thread's next call.</summary>
    internal static void* Rent(nint bytes)
    {
        byte[]? memory = buffer;
        if (memory is null || memory.Length < bytes + 16)
        {
            buffer = memory = GC.AllocateUninitializedArray<byte>(checked((int)Math.Max(bytes + 16, 4096)), pinned: true);
        }

        fixed (byte* start = memory)
        {
            return (void*)(((nint)start + 15) & ~15);
        }
    }
}
