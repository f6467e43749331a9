using System;
using System.Runtime.InteropServices;

namespace Equipoise.Devices.Cuda;

/// <summary>
/// The primary context of one device, which CUDA's run time and torch use as well, with this library's kernels loaded into it. Shared by
/// all who have the device open; <see cref="CudaDriver"/> keeps the count under its lock.
/// </summary>
internal sealed unsafe class CudaContext
{
    private const int JitErrorLogBuffer = 5;
    private const int JitErrorLogBufferSize = 6;
    private const int LogCapacity = 4096;

    private readonly CudaApi api;
    private readonly int index;
    private readonly nint[] functions = new nint[KernelImages.EntryCount];
    private int users;
    private nint module;

    internal CudaContext(CudaApi api, int index)
    {
        this.api = api;
        this.index = index;
    }

    /// <summary>The CUcontext; 0 while nobody has the device open.</summary>
    internal nint Handle { get; private set; }

    /// <summary>The CUfunction of an entry.</summary>
    internal nint FunctionOf(KernelEntry entry) => functions[(int)entry];

    /// <summary>One user more; the first makes context and modules. Nothing is kept of an attempt that fails.</summary>
    internal void Retain()
    {
        if (users == 0)
        {
            Begin();
        }

        users++;
    }

    /// <summary>One user less; true when that was the last.</summary>
    internal bool Release()
    {
        if (--users == 0)
        {
            End();
        }

        return users == 0;
    }

    private void Begin()
    {
        nint handle;
        CudaStatus.Check(api, api.PrimaryCtxRetain(&handle, index), $"cuDevicePrimaryCtxRetain of CUDA device {index}");
        Handle = handle;
        try
        {
            using CudaScope scope = new(api, Handle);
            Load();
        }
        catch
        {
            End();
            throw;
        }
    }

    private void Load()
    {
        nint loaded;
        byte* log = stackalloc byte[LogCapacity];
        log[0] = 0;
        int* options = stackalloc int[] { JitErrorLogBuffer, JitErrorLogBufferSize };
        void** values = stackalloc void*[] { log, (void*)LogCapacity };
        int result;
        fixed (byte* image = KernelImages.Ptx)
        {
            result = api.ModuleLoadDataEx(&loaded, image, 2, options, values);
        }

        if (result != CudaStatus.Success)
        {
            string said = Marshal.PtrToStringUTF8((nint)log)!.Trim();
            CudaStatus.Throw(result, $"cuModuleLoadDataEx on CUDA device {index}: {CudaStatus.TextOf(api, result)}{(said.Length > 0 ? ": " : "")}{said}");
        }

        module = loaded;
        for (int entry = 0; entry < functions.Length; entry++)
        {
            functions[entry] = Find(KernelImages.NameOf((KernelEntry)entry));
        }
    }

    private nint Find(ReadOnlySpan<byte> name)
    {
        nint function;
        fixed (byte* text = name)
        {
            int result = api.ModuleGetFunction(&function, module, text);
            CudaStatus.Check(api, result, $"cuModuleGetFunction on CUDA device {index}");
        }

        return function;
    }

    private void End()
    {
        if (module != 0)
        {
            using CudaScope scope = new(api, Handle);
            api.ModuleUnload(module);
        }

        api.PrimaryCtxRelease(index);
        module = 0;
        Handle = 0;
    }
}
