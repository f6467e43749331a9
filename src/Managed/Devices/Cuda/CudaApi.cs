using System.Runtime.InteropServices;

namespace Equipoise.Devices.Cuda;

/// <summary>
/// The calls of CUDA's driver that this library makes, found in libcuda.so.1 by their C names. Handles and device pointers are
/// <see langword="nint"/>; every call gives a CUresult.
/// </summary>
internal sealed unsafe class CudaApi
{
    internal readonly delegate* unmanaged<uint, int> Init;
    internal readonly delegate* unmanaged<int*, int> DriverGetVersion;
    internal readonly delegate* unmanaged<int, byte**, int> GetErrorString;
    internal readonly delegate* unmanaged<int, byte**, int> GetErrorName;
    internal readonly delegate* unmanaged<int*, int> DeviceGetCount;
    internal readonly delegate* unmanaged<int*, int, int> DeviceGet;
    internal readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName;
    internal readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem;
    internal readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute;
    internal readonly delegate* unmanaged<nint*, int, int> PrimaryCtxRetain;
    internal readonly delegate* unmanaged<int, int> PrimaryCtxRelease;
    internal readonly delegate* unmanaged<nint*, int> CtxGetCurrent;
    internal readonly delegate* unmanaged<nint, int> CtxPushCurrent;
    internal readonly delegate* unmanaged<nint*, int> CtxPopCurrent;
    internal readonly delegate* unmanaged<nint*, byte*, uint, int*, void**, int> ModuleLoadDataEx;
    internal readonly delegate* unmanaged<nint, int> ModuleUnload;
    internal readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction;
    internal readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel;
    internal readonly delegate* unmanaged<nint*, nuint, int> MemAlloc;
    internal readonly delegate* unmanaged<nint, int> MemFree;
    internal readonly delegate* unmanaged<void**, nuint, int> MemAllocHost;
    internal readonly delegate* unmanaged<void*, int> MemFreeHost;
    internal readonly delegate* unmanaged<nint, void*, nuint, nint, int> MemcpyHtoDAsync;
    internal readonly delegate* unmanaged<void*, nint, nuint, nint, int> MemcpyDtoHAsync;
    internal readonly delegate* unmanaged<nint*, uint, int> StreamCreate;
    internal readonly delegate* unmanaged<nint, int> StreamDestroy;
    internal readonly delegate* unmanaged<nint, int> StreamSynchronize;
    internal readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent;
    internal readonly delegate* unmanaged<nint*, uint, int> EventCreate;
    internal readonly delegate* unmanaged<nint, int> EventDestroy;
    internal readonly delegate* unmanaged<nint, nint, int> EventRecord;
    internal readonly delegate* unmanaged<nint, int> EventSynchronize;

    /// <summary>Finds every call, or throws <see cref="System.EntryPointNotFoundException"/> where the driver is too old to have one.</summary>
    internal CudaApi(nint library)
    {
        Init = (delegate* unmanaged<uint, int>)Find(library, "cuInit");
        DriverGetVersion = (delegate* unmanaged<int*, int>)Find(library, "cuDriverGetVersion");
        GetErrorString = (delegate* unmanaged<int, byte**, int>)Find(library, "cuGetErrorString");
        GetErrorName = (delegate* unmanaged<int, byte**, int>)Find(library, "cuGetErrorName");
        DeviceGetCount = (delegate* unmanaged<int*, int>)Find(library, "cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, int>)Find(library, "cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)Find(library, "cuDeviceGetName");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)Find(library, "cuDeviceTotalMem_v2");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Find(library, "cuDeviceGetAttribute");
        PrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)Find(library, "cuDevicePrimaryCtxRetain");
        PrimaryCtxRelease = (delegate* unmanaged<int, int>)Find(library, "cuDevicePrimaryCtxRelease_v2");
        CtxGetCurrent = (delegate* unmanaged<nint*, int>)Find(library, "cuCtxGetCurrent");
        CtxPushCurrent = (delegate* unmanaged<nint, int>)Find(library, "cuCtxPushCurrent_v2");
        CtxPopCurrent = (delegate* unmanaged<nint*, int>)Find(library, "cuCtxPopCurrent_v2");
        ModuleLoadDataEx = (delegate* unmanaged<nint*, byte*, uint, int*, void**, int>)Find(library, "cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, int>)Find(library, "cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Find(library, "cuModuleGetFunction");
        LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Find(library, "cuLaunchKernel");
        MemAlloc = (delegate* unmanaged<nint*, nuint, int>)Find(library, "cuMemAlloc_v2");
        MemFree = (delegate* unmanaged<nint, int>)Find(library, "cuMemFree_v2");
        MemAllocHost = (delegate* unmanaged<void**, nuint, int>)Find(library, "cuMemAllocHost_v2");
        MemFreeHost = (delegate* unmanaged<void*, int>)Find(library, "cuMemFreeHost");
        MemcpyHtoDAsync = (delegate* unmanaged<nint, void*, nuint, nint, int>)Find(library, "cuMemcpyHtoDAsync_v2");
        MemcpyDtoHAsync = (delegate* unmanaged<void*, nint, nuint, nint, int>)Find(library, "cuMemcpyDtoHAsync_v2");
        StreamCreate = (delegate* unmanaged<nint*, uint, int>)Find(library, "cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, int>)Find(library, "cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, int>)Find(library, "cuStreamSynchronize");
        StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)Find(library, "cuStreamWaitEvent");
        EventCreate = (delegate* unmanaged<nint*, uint, int>)Find(library, "cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, int>)Find(library, "cuEventDestroy_v2");
        EventRecord = (delegate* unmanaged<nint, nint, int>)Find(library, "cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, int>)Find(library, "cuEventSynchronize");
    }

    private static nint Find(nint library, string name) => NativeLibrary.GetExport(library, name);
}
