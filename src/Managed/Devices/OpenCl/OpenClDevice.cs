using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Equipoise.Devices.OpenCl;

/// <summary>
/// A device behind the ICD loader. Streams are in-order command queues, memory is cl_mem; 0 as a stream is the device's own queue.
/// </summary>
internal sealed unsafe class OpenClDevice : Device
{
    private readonly OpenClApi api;
    private readonly nint device;
    private readonly nint context;
    private readonly nint ownQueue;
    private readonly nint program;
    private readonly nint[] kernels = new nint[KernelImages.EntryCount];

    /// <summary>A kernel object holds the arguments of its next launch, so that only one thread may set and launch at a time.</summary>
    private readonly Lock launching = new();

    internal OpenClDevice(OpenClApi api, nint device, DeviceInfo info, nint context)
    {
        this.api = api;
        this.device = device;
        Info = info;
        if (!info.HasF64)
        {
            throw new NotSupportedException($"OpenCL device {info.Index} ({info.Name}) has no f64 arithmetic, or no workgroups of {KernelImages.GroupSize}");
        }

        this.context = context == 0 ? CreateContext() : Retained(context);
        try
        {
            ownQueue = CreateStream();
            program = Build();
            for (int i = 0; i < kernels.Length; i++)
            {
                kernels[i] = CreateKernel((KernelEntry)i);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal override DeviceInfo Info { get; }

    internal override void Launch(KernelEntry entry, long groups, in KernelArguments arguments, nint stream)
    {
        nint kernel = kernels[(int)entry];
        nuint global = (nuint)groups * KernelImages.GroupSize, local = KernelImages.GroupSize;
        lock (launching)
        {
            SetArguments(kernel, arguments);
            OpenClApi.Check(api.EnqueueNDRangeKernel(Queue(stream), kernel, 1, null, &global, &local, 0, null, null), "clEnqueueNDRangeKernel");
        }
    }

    internal override nint Allocate(nuint bytes)
    {
        int code;
        nint memory = api.CreateBuffer(context, OpenClApi.ReadWrite, bytes, null, &code);
        OpenClApi.Check(code, $"clCreateBuffer of {bytes} bytes");
        return memory;
    }

    internal override void Free(nint memory)
    {
        if (memory != 0)
        {
            OpenClApi.Check(api.ReleaseMemObject(memory), "clReleaseMemObject");
        }
    }

    internal override void* AllocateHost(nuint bytes) => NativeMemory.AlignedAlloc(bytes, 64);

    internal override void FreeHost(void* memory) => NativeMemory.AlignedFree(memory);

    internal override void CopyIn(nint memory, nuint offset, void* source, nuint bytes, nint stream) =>
        OpenClApi.Check(api.EnqueueWriteBuffer(Queue(stream), memory, 0, offset, bytes, source, 0, null, null), "clEnqueueWriteBuffer");

    internal override void CopyOut(void* destination, nint memory, nuint offset, nuint bytes, nint stream) =>
        OpenClApi.Check(api.EnqueueReadBuffer(Queue(stream), memory, 0, offset, bytes, destination, 0, null, null), "clEnqueueReadBuffer");

    internal override nint CreateStream()
    {
        int code;
        nint queue = api.CreateCommandQueue(context, device, 0, &code);
        OpenClApi.Check(code, "clCreateCommandQueue");
        return queue;
    }

    internal override void DestroyStream(nint stream)
    {
        if (stream != 0)
        {
            OpenClApi.Check(api.ReleaseCommandQueue(stream), "clReleaseCommandQueue");
        }
    }

    internal override void Flush(nint stream) => OpenClApi.Check(api.Flush(Queue(stream)), "clFlush");

    internal override void Synchronise(nint stream) => OpenClApi.Check(api.Finish(Queue(stream)), "clFinish");

    internal override nint Record(nint stream)
    {
        nint mark;
        OpenClApi.Check(api.EnqueueMarkerWithWaitList(Queue(stream), 0, null, &mark), "clEnqueueMarkerWithWaitList");
        return mark;
    }

    internal override void Wait(nint stream, nint mark) =>
        OpenClApi.Check(api.EnqueueBarrierWithWaitList(Queue(stream), 1, &mark, null), "clEnqueueBarrierWithWaitList");

    internal override void AwaitEvent(nint mark) => OpenClApi.Check(api.WaitForEvents(1, &mark), "clWaitForEvents");

    internal override void ReleaseEvent(nint mark)
    {
        if (mark != 0)
        {
            OpenClApi.Check(api.ReleaseEvent(mark), "clReleaseEvent");
        }
    }

    public override void Dispose()
    {
        // What a failed opening did not get to is 0; a failing release has nobody left to tell.
        foreach (nint kernel in kernels)
        {
            _ = kernel == 0 ? 0 : api.ReleaseKernel(kernel);
        }

        _ = program == 0 ? 0 : api.ReleaseProgram(program);
        _ = ownQueue == 0 ? 0 : api.ReleaseCommandQueue(ownQueue);
        _ = api.ReleaseContext(context);
    }

    private nint Queue(nint stream) => stream == 0 ? ownQueue : stream;

    /// <summary>All memory objects come first, then each view as {element offset, length}, then the job.</summary>
    private void SetArguments(nint kernel, in KernelArguments arguments)
    {
        fixed (KernelArguments* start = &arguments)
        {
            DeviceView* views = (DeviceView*)start;
            for (uint i = 0; i < KernelArguments.ViewCount; i++)
            {
                ClView view = new() { Length = views[i].Length };
                OpenClApi.Check(api.SetKernelArg(kernel, i, (nuint)sizeof(nint), views[i].Memory == 0 ? null : &views[i].Memory), "clSetKernelArg");
                OpenClApi.Check(api.SetKernelArg(kernel, KernelArguments.ViewCount + i, (nuint)sizeof(ClView), &view), "clSetKernelArg");
            }

            OpenClApi.Check(api.SetKernelArg(kernel, 2 * KernelArguments.ViewCount, (nuint)sizeof(DeviceJob), &start->Job), "clSetKernelArg");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ClView
    {
        internal long Offset;
        internal long Length;
    }

    private nint CreateContext()
    {
        int code;
        nint id = device;
        nint created = api.CreateContext(null, 1, &id, null, null, &code);
        OpenClApi.Check(code, "clCreateContext");
        return created;
    }

    private nint Retained(nint given)
    {
        OpenClApi.Check(api.RetainContext(given), "clRetainContext");
        return given;
    }

    private nint Build()
    {
        int code;
        byte[] source = KernelImages.OpenCl;
        nint built;
        fixed (byte* text = source)
        {
            byte* start = text;
            built = api.CreateProgramWithSource(context, 1, &start, null, &code);
        }

        OpenClApi.Check(code, "clCreateProgramWithSource");
        nint id = device;
        fixed (byte* options = "-cl-std=CL1.2 -w\0"u8)
        {
            code = api.BuildProgram(built, 1, &id, options, null, null);
        }

        if (code != 0)
        {
            string log = BuildLog(built);
            _ = api.ReleaseProgram(built);
            throw new DeviceException($"clBuildProgram on {Info.Name}: {log}");
        }

        return built;
    }

    private string BuildLog(nint built)
    {
        nuint size = 0;
        _ = api.GetProgramBuildInfo(built, device, OpenClApi.ProgramBuildLog, 0, null, &size);
        byte[] log = new byte[size];
        fixed (byte* start = log)
        {
            _ = api.GetProgramBuildInfo(built, device, OpenClApi.ProgramBuildLog, size, start, null);
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0').Trim();
    }

    private nint CreateKernel(KernelEntry entry)
    {
        int code;
        fixed (byte* name = KernelImages.NameOf(entry))
        {
            nint kernel = api.CreateKernel(program, name, &code);
            OpenClApi.Check(code, "clCreateKernel");
            return kernel;
        }
    }
}
