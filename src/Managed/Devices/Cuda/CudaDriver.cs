using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Equipoise.Devices.Cuda;

/// <summary>CUDA's driver, opened at the first question. A machine without it, or without a device, has none.</summary>
internal sealed unsafe class CudaDriver : IDriver
{
    private const int MultiprocessorCount = 16;

    private readonly Lock loading = new();
    private readonly CudaContext?[] contexts = new CudaContext?[64];
    private CudaApi? api;

    /// <summary>The one that the library uses.</summary>
    internal static CudaDriver Instance { get; } = new();

    /// <summary>Why there is no device, in the driver's words where it has any; "" where there is one.</summary>
    public string Absence { get; private set; } = "";

    /// <inheritdoc/>
    public int Count
    {
        get
        {
            int count = 0;
            if (Load() is CudaApi found)
            {
                found.DeviceGetCount(&count);
            }

            return Math.Min(count, contexts.Length);
        }
    }

    /// <inheritdoc/>
    public DeviceInfo Describe(int index)
    {
        CudaApi found = Require();
        int device, units, version;
        nuint memory;
        byte* name = stackalloc byte[256];
        CudaStatus.Check(found, found.DeviceGet(&device, index), $"cuDeviceGet of CUDA device {index}");
        CudaStatus.Check(found, found.DeviceGetName(name, 256, device), "cuDeviceGetName");
        CudaStatus.Check(found, found.DeviceTotalMem(&memory, device), "cuDeviceTotalMem");
        CudaStatus.Check(found, found.DeviceGetAttribute(&units, MultiprocessorCount, device), "cuDeviceGetAttribute");
        CudaStatus.Check(found, found.DriverGetVersion(&version), "cuDriverGetVersion");
        return new DeviceInfo
        {
            Backend = Backend.Cuda,
            Index = index,
            Name = Marshal.PtrToStringUTF8((nint)name)!,
            Driver = $"CUDA {version / 1000}.{version % 1000 / 10}",
            Memory = (long)memory,
            Units = units,
            HasF64 = true,
        };
    }

    /// <inheritdoc/>
    /// <remarks>All openings of one device share its primary context and the modules loaded into it, until the last is closed.</remarks>
    public Device Open(int index, nint context)
    {
        if (context != 0)
        {
            throw new ArgumentException("context must be null for CUDA: solving runs in the device's primary context", nameof(context));
        }

        CudaApi found = Require();
        DeviceInfo info = Describe(index);
        lock (loading)
        {
            CudaContext shared = contexts[index] ?? new CudaContext(found, index);
            shared.Retain();
            contexts[index] = shared;
            return new CudaDevice(found, info, this, shared);
        }
    }

    /// <summary>Gives back what <see cref="Open"/> took.</summary>
    internal void Close(CudaContext shared, int index)
    {
        lock (loading)
        {
            if (shared.Release())
            {
                contexts[index] = null;
            }
        }
    }

    private CudaApi Require() => Load() ?? throw new DeviceException($"there is no device of CUDA: {Absence}");

    /// <summary>The driver, initialised; null and <see cref="Absence"/> where there is none. Asked again after a failure: nothing is kept of it.</summary>
    private CudaApi? Load()
    {
        if (Volatile.Read(ref api) is CudaApi known)
        {
            return known;
        }

        lock (loading)
        {
            return api ?? (TryLoad() is CudaApi found && IsInitialised(found) ? api = found : null);
        }
    }

    private CudaApi? TryLoad()
    {
        if (!NativeLibrary.TryLoad("libcuda.so.1", out nint library))
        {
            Absence = "libcuda.so.1 cannot be loaded";
            return null;
        }

        try
        {
            return new CudaApi(library);
        }
        catch (EntryPointNotFoundException error)
        {
            Absence = $"libcuda.so.1 is too old: {error.Message}";
            NativeLibrary.Free(library);
            return null;
        }
    }

    private bool IsInitialised(CudaApi found)
    {
        int result = found.Init(0);
        Absence = result == CudaStatus.Success ? "" : $"cuInit: {CudaStatus.TextOf(found, result)}";
        return result == CudaStatus.Success;
    }
}
