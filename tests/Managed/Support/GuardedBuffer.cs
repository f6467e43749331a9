using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Equipoise.Tests.Support;

/// <summary>Which page of no access a buffer touches.</summary>
public enum Edge
{
    /// <summary>The byte before the buffer's first is not readable.</summary>
    Start,

    /// <summary>The byte after the buffer's last is not readable.</summary>
    End,
}

/// <summary>Memory between two pages that nobody may touch: a read or write past the chosen edge ends the process. Filled with 0xFF, a
/// NaN in every element type, so that what is read by mistake inside the buffer shows too.</summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

    private readonly byte* map;
    private nuint mapped;

    /// <summary>At least <paramref name="bytes"/> writable bytes, exactly so at <paramref name="edge"/>.</summary>
    public GuardedBuffer(long bytes, Edge edge)
    {
        long page = Environment.SystemPageSize;
        long inside = Math.Max(1, (bytes + page - 1) / page) * page;
        mapped = (nuint)(inside + (2 * page));
        map = Map(null, mapped, NoAccess, PrivateAnonymous, -1, 0);
        if ((nint)map == -1 || Protect(map + page, (nuint)inside, ReadWrite) != 0)
        {
            throw new Win32Exception();
        }

        new Span<byte>(map + page, checked((int)inside)).Fill(0xFF);
        Bytes = bytes;
        Data = edge == Edge.Start ? map + page : map + page + inside - bytes;
    }

    /// <summary>The first byte.</summary>
    public byte* Data { get; }

    /// <summary>How many bytes were asked for.</summary>
    public long Bytes { get; }

    /// <summary>All of them.</summary>
    public Span<byte> Span => new(Data, checked((int)Bytes));

    /// <summary>Takes all access from the page that holds <paramref name="address"/>.</summary>
    public static void Forbid(void* address)
    {
        nint page = Environment.SystemPageSize;
        if (Protect((byte*)((nint)address / page * page), (nuint)page, NoAccess) != 0)
        {
            throw new Win32Exception();
        }
    }

    /// <summary>Gives the pages back, once: a second time would take them from whoever has them by then.</summary>
    public void Dispose()
    {
        if (mapped != 0)
        {
            Unmap(map, mapped);
            mapped = 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(byte* address, nuint length);
}
