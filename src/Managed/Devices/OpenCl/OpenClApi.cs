using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Equipoise.Devices.OpenCl;

/// <summary>The calls of the ICD loader that are used here, found by name when first needed.</summary>
internal sealed unsafe class OpenClApi
{
    internal const uint DeviceTypeAll = 0xFFFFFFFF;
    internal const uint PlatformName = 0x0902;
    internal const uint PlatformVersion = 0x0901;
    internal const uint DeviceMaxComputeUnits = 0x1002;
    internal const uint DeviceMaxWorkGroupSize = 0x1004;
    internal const uint DeviceGlobalMemSize = 0x101F;
    internal const uint DeviceName = 0x102B;
    internal const uint DriverVersion = 0x102D;
    internal const uint DeviceDoubleFpConfig = 0x1032;
    internal const uint ContextDevices = 0x1081;
    internal const uint ProgramBuildLog = 0x1183;
    internal const ulong ReadWrite = 1;

    private static readonly Lazy<OpenClApi?> Loaded = new(Load);

    internal readonly delegate* unmanaged<uint, nint*, uint*, int> GetPlatformIds;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetPlatformInfo;
    internal readonly delegate* unmanaged<nint, ulong, uint, nint*, uint*, int> GetDeviceIds;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetDeviceInfo;
    internal readonly delegate* unmanaged<nint*, uint, nint*, void*, void*, int*, nint> CreateContext;
    internal readonly delegate* unmanaged<nint, int> RetainContext;
    internal readonly delegate* unmanaged<nint, int> ReleaseContext;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetContextInfo;
    internal readonly delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint> CreateProgramWithSource;
    internal readonly delegate* unmanaged<nint, uint, nint*, byte*, void*, void*, int> BuildProgram;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> GetProgramBuildInfo;
    internal readonly delegate* unmanaged<nint, int> ReleaseProgram;
    internal readonly delegate* unmanaged<nint, byte*, int*, nint> CreateKernel;
    internal readonly delegate* unmanaged<nint, int> ReleaseKernel;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, int> SetKernelArg;
    internal readonly delegate* unmanaged<nint, nint, ulong, int*, nint> CreateCommandQueue;
    internal readonly delegate* unmanaged<nint, int> ReleaseCommandQueue;
    internal readonly delegate* unmanaged<nint, ulong, nuint, void*, int*, nint> CreateBuffer;
    internal readonly delegate* unmanaged<nint, int> ReleaseMemObject;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueReadBuffer;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueWriteBuffer;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int> EnqueueNDRangeKernel;
    internal readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueMarkerWithWaitList;
    internal readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueBarrierWithWaitList;
    internal readonly delegate* unmanaged<uint, nint*, int> WaitForEvents;
    internal readonly delegate* unmanaged<nint, int> ReleaseEvent;
    internal readonly delegate* unmanaged<nint, int> Flush;
    internal readonly delegate* unmanaged<nint, int> Finish;

    private OpenClApi(nint library)
    {
        GetPlatformIds = (delegate* unmanaged<uint, nint*, uint*, int>)NativeLibrary.GetExport(library, "clGetPlatformIDs");
        GetPlatformInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)NativeLibrary.GetExport(library, "clGetPlatformInfo");
        GetDeviceIds = (delegate* unmanaged<nint, ulong, uint, nint*, uint*, int>)NativeLibrary.GetExport(library, "clGetDeviceIDs");
        GetDeviceInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)NativeLibrary.GetExport(library, "clGetDeviceInfo");
        CreateContext = (delegate* unmanaged<nint*, uint, nint*, void*, void*, int*, nint>)NativeLibrary.GetExport(library, "clCreateContext");
        RetainContext = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clRetainContext");
        ReleaseContext = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseContext");
        GetContextInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)NativeLibrary.GetExport(library, "clGetContextInfo");
        CreateProgramWithSource = (delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint>)NativeLibrary.GetExport(library, "clCreateProgramWithSource");
        BuildProgram = (delegate* unmanaged<nint, uint, nint*, byte*, void*, void*, int>)NativeLibrary.GetExport(library, "clBuildProgram");
        GetProgramBuildInfo = (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)NativeLibrary.GetExport(library, "clGetProgramBuildInfo");
        ReleaseProgram = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseProgram");
        CreateKernel = (delegate* unmanaged<nint, byte*, int*, nint>)NativeLibrary.GetExport(library, "clCreateKernel");
        ReleaseKernel = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseKernel");
        SetKernelArg = (delegate* unmanaged<nint, uint, nuint, void*, int>)NativeLibrary.GetExport(library, "clSetKernelArg");
        CreateCommandQueue = (delegate* unmanaged<nint, nint, ulong, int*, nint>)NativeLibrary.GetExport(library, "clCreateCommandQueue");
        ReleaseCommandQueue = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseCommandQueue");
        CreateBuffer = (delegate* unmanaged<nint, ulong, nuint, void*, int*, nint>)NativeLibrary.GetExport(library, "clCreateBuffer");
        ReleaseMemObject = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseMemObject");
        EnqueueReadBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)NativeLibrary.GetExport(library, "clEnqueueReadBuffer");
        EnqueueWriteBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)NativeLibrary.GetExport(library, "clEnqueueWriteBuffer");
        EnqueueNDRangeKernel = (delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int>)NativeLibrary.GetExport(library, "clEnqueueNDRangeKernel");
        EnqueueMarkerWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)NativeLibrary.GetExport(library, "clEnqueueMarkerWithWaitList");
        EnqueueBarrierWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)NativeLibrary.GetExport(library, "clEnqueueBarrierWithWaitList");
        WaitForEvents = (delegate* unmanaged<uint, nint*, int>)NativeLibrary.GetExport(library, "clWaitForEvents");
        ReleaseEvent = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clReleaseEvent");
        Flush = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clFlush");
        Finish = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "clFinish");
    }

    /// <summary>Null on a machine without an ICD loader.</summary>
    internal static OpenClApi? Instance => Loaded.Value;

    /// <summary>Throws unless a call succeeded.</summary>
    internal static void Check(int code, string call)
    {
        if (code == 0)
        {
            return;
        }

        // Object allocation, host and resources.
        if (code is -4 or -5 or -6)
        {
            throw new OutOfMemoryException($"{call}: {NameOf(code)}");
        }

        throw new DeviceException($"{call}: {NameOf(code)}");
    }

    /// <summary>A text that one of the driver's info calls gives.</summary>
    internal static string Text(delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> call, nint of, uint name)
    {
        nuint size = 0;
        Check(call(of, name, 0, null, &size), "OpenCL query");
        byte[] text = new byte[size];
        fixed (byte* start = text)
        {
            Check(call(of, name, size, start, null), "OpenCL query");
        }

        return Encoding.UTF8.GetString(text).TrimEnd('\0').Trim();
    }

    private static OpenClApi? Load() => NativeLibrary.TryLoad("libOpenCL.so.1", out nint library) ? new OpenClApi(library) : null;

    private static string NameOf(int code) => code switch
    {
        -1 => "CL_DEVICE_NOT_FOUND",
        -2 => "CL_DEVICE_NOT_AVAILABLE",
        -3 => "CL_COMPILER_NOT_AVAILABLE",
        -4 => "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        -5 => "CL_OUT_OF_RESOURCES",
        -6 => "CL_OUT_OF_HOST_MEMORY",
        -11 => "CL_BUILD_PROGRAM_FAILURE",
        -14 => "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        -30 => "CL_INVALID_VALUE",
        -33 => "CL_INVALID_DEVICE",
        -34 => "CL_INVALID_CONTEXT",
        -36 => "CL_INVALID_COMMAND_QUEUE",
        -38 => "CL_INVALID_MEM_OBJECT",
        -46 => "CL_INVALID_KERNEL_NAME",
        -50 => "CL_INVALID_ARG_VALUE",
        -51 => "CL_INVALID_ARG_SIZE",
        -52 => "CL_INVALID_KERNEL_ARGS",
        -54 => "CL_INVALID_WORK_GROUP_SIZE",
        -58 => "CL_INVALID_EVENT",
        -61 => "CL_INVALID_BUFFER_SIZE",
        -1001 => "CL_PLATFORM_NOT_FOUND_KHR",
        _ => $"OpenCL error {code}",
    };
}
