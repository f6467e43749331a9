using System;
using System.Text;
using Equipoise.Devices;

namespace Equipoise.Native;

/// <summary>The text of each thread's latest error, as C reads it.</summary>
internal static unsafe class LastError
{
    private const int Capacity = 1024;

    // Pinned, so that C may keep the pointer; made at a thread's first error, so that threads without one cost nothing.
    [ThreadStatic]
    private static byte[]? text;

    /// <summary>UTF-8, NUL-terminated; "" before the first error.</summary>
    public static byte* Pointer => text is null ? Text.Pointer("\0"u8) : Start(text);

    /// <summary>Keeps what <paramref name="error"/> says and gives the status that stands for it.</summary>
    public static Status Record(Exception error)
    {
        try
        {
            Status status = StatusOf(error);
            Write(status == Status.InternalError ? $"{error.GetType().Name}: {error.Message}" : error.Message);
            return status;
        }
        catch (OutOfMemoryException)
        {
            // No room for a text; the status alone has to do.
            return Status.OutOfMemory;
        }
    }

    private static Status StatusOf(Exception error) => error switch
    {
        ArgumentException => Status.InvalidArgument,
        NotSupportedException => Status.Unsupported,
        OutOfMemoryException => Status.OutOfMemory,
        DeviceException => Status.DeviceError,
        _ => Status.InternalError,
    };

    private static void Write(string message)
    {
        text ??= GC.AllocateArray<byte>(Capacity, pinned: true);
        Encoding.UTF8.GetEncoder().Convert(message, text.AsSpan(0, Capacity - 1), flush: true, out _, out int written, out _);
        text[written] = 0;
    }

    private static byte* Start(byte[] pinned)
    {
        fixed (byte* start = pinned)
        {
            return start;
        }
    }
}
