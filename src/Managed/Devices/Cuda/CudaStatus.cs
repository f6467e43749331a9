using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Equipoise.Devices.Cuda;

/// <summary>What a CUresult means to the caller.</summary>
internal static unsafe class CudaStatus
{
    internal const int Success = 0;
    private const int OutOfMemory = 2;

    /// <summary>Nothing on success; else an <see cref="OutOfMemoryException"/> or a <see cref="DeviceException"/> with the driver's text.</summary>
    internal static void Check(CudaApi api, int result, string call)
    {
        if (result != Success)
        {
            Throw(result, $"{call}: {TextOf(api, result)}");
        }
    }

    /// <summary>The driver's own words and its name for them.</summary>
    internal static string TextOf(CudaApi api, int result)
    {
        byte* text = null, name = null;
        api.GetErrorString(result, &text);
        api.GetErrorName(result, &name);
        return text == null ? $"CUresult {result}" : $"{Marshal.PtrToStringUTF8((nint)text)} ({Marshal.PtrToStringUTF8((nint)name)})";
    }

    [DoesNotReturn]
    internal static void Throw(int result, string message) =>
        throw (result == OutOfMemory ? new OutOfMemoryException(message) : new DeviceException(message));
}
