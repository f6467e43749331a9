using System;

namespace Equipoise.Devices.Cuda;

/// <summary>A CUDA device: launches on the caller's streams, in the primary context, waiting for nothing that was not asked for.</summary>
internal sealed unsafe class CudaDevice : Device
{
    private const uint NonBlocking = 1;
    private const uint DisableTiming = 2;

    private readonly CudaApi api;
    private readonly CudaDriver driver;
    private readonly CudaContext context;
    private bool closed;

    internal CudaDevice(CudaApi api, DeviceInfo info, CudaDriver driver, CudaContext context)
    {
        this.api = api;
        this.driver = driver;
        this.context = context;
        Info = info;
    }

    /// <inheritdoc/>
    internal override DeviceInfo Info { get; }

    /// <inheritdoc/>
    internal override void Launch(KernelEntry entry, long groups, in KernelArguments arguments, nint stream)
    {
        using CudaScope scope = Enter();
        fixed (KernelArguments* block = &arguments)
        {
            nuint size = (nuint)sizeof(KernelArguments);
            void** extra = stackalloc void*[] { (void*)1, block, (void*)2, &size, null };
            int result = api.LaunchKernel(
                context.FunctionOf(entry), checked((uint)groups), 1, 1, KernelImages.GroupSize, 1, 1, 0, stream, null, extra);
            Check(result, "cuLaunchKernel");
        }
    }

    /// <inheritdoc/>
    internal override nint Allocate(nuint bytes)
    {
        using CudaScope scope = Enter();
        nint memory;
        int result = api.MemAlloc(&memory, bytes);
        if (result != CudaStatus.Success)
        {
            Fail(result, $"cuMemAlloc of {bytes} bytes");
        }

        return memory;
    }

    /// <inheritdoc/>
    /// <remarks>What the driver says to a release is not reported: it repeats an earlier error, which somebody has been told.</remarks>
    internal override void Free(nint memory)
    {
        if (memory != 0)
        {
            using CudaScope scope = Enter();
            api.MemFree(memory);
        }
    }

    /// <inheritdoc/>
    internal override void* AllocateHost(nuint bytes)
    {
        using CudaScope scope = Enter();
        void* memory;
        int result = api.MemAllocHost(&memory, bytes);
        if (result != CudaStatus.Success)
        {
            Fail(result, $"cuMemAllocHost of {bytes} bytes");
        }

        return memory;
    }

    /// <inheritdoc/>
    internal override void FreeHost(void* memory)
    {
        if (memory != null)
        {
            using CudaScope scope = Enter();
            api.MemFreeHost(memory);
        }
    }

    /// <inheritdoc/>
    internal override void CopyIn(nint memory, nuint offset, void* source, nuint bytes, nint stream)
    {
        using CudaScope scope = Enter();
        Check(api.MemcpyHtoDAsync(memory + (nint)offset, source, bytes, stream), "cuMemcpyHtoDAsync");
    }

    /// <inheritdoc/>
    internal override void CopyOut(void* destination, nint memory, nuint offset, nuint bytes, nint stream)
    {
        using CudaScope scope = Enter();
        Check(api.MemcpyDtoHAsync(destination, memory + (nint)offset, bytes, stream), "cuMemcpyDtoHAsync");
    }

    /// <inheritdoc/>
    internal override nint CreateStream()
    {
        using CudaScope scope = Enter();
        nint stream;
        Check(api.StreamCreate(&stream, NonBlocking), "cuStreamCreate");
        return stream;
    }

    /// <inheritdoc/>
    internal override void DestroyStream(nint stream)
    {
        if (stream != 0)
        {
            using CudaScope scope = Enter();
            api.StreamDestroy(stream);
        }
    }

    /// <inheritdoc/>
    internal override void Flush(nint stream)
    {
        // Work is the device's as soon as it is enqueued.
    }

    /// <inheritdoc/>
    internal override void Synchronise(nint stream)
    {
        using CudaScope scope = Enter();
        Check(api.StreamSynchronize(stream), "cuStreamSynchronize");
    }

    /// <inheritdoc/>
    internal override nint Record(nint stream)
    {
        using CudaScope scope = Enter();
        nint mark;
        Check(api.EventCreate(&mark, DisableTiming), "cuEventCreate");
        int result = api.EventRecord(mark, stream);
        if (result != CudaStatus.Success)
        {
            api.EventDestroy(mark);
            Fail(result, "cuEventRecord");
        }

        return mark;
    }

    /// <inheritdoc/>
    internal override void Wait(nint stream, nint mark)
    {
        using CudaScope scope = Enter();
        Check(api.StreamWaitEvent(stream, mark, 0), "cuStreamWaitEvent");
    }

    /// <inheritdoc/>
    internal override void AwaitEvent(nint mark)
    {
        using CudaScope scope = Enter();
        Check(api.EventSynchronize(mark), "cuEventSynchronize");
    }

    /// <inheritdoc/>
    internal override void ReleaseEvent(nint mark)
    {
        if (mark != 0)
        {
            using CudaScope scope = Enter();
            api.EventDestroy(mark);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!closed)
        {
            closed = true;
            driver.Close(context, Info.Index);
        }
    }

    private CudaScope Enter() => new(api, context.Handle);

    private void Check(int result, string call)
    {
        if (result != CudaStatus.Success)
        {
            Fail(result, call);
        }
    }

    private void Fail(int result, string call) =>
        CudaStatus.Throw(result, $"{call} on CUDA device {Info.Index}: {CudaStatus.TextOf(api, result)}");
}
