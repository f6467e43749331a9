using System;
using Equipoise.Devices;
using Equipoise.Devices.Cuda;
using Xunit;

namespace Equipoise.Tests.Devices.Cuda;

/// <summary>The launcher against the stand-in driver: what it holds, what it gives back, and what it says when the driver fails.</summary>
[Collection("CUDA")]
public sealed unsafe class DriverTests : IDisposable
{
    private readonly CudaDriver driver = new();

    public DriverTests() => Standin.Require();

    public void Dispose()
    {
        Standin.Fault("");
        Standin.CheckClean();
    }

    [Fact]
    public void Describes_its_devices()
    {
        Assert.Equal(1, driver.Count);
        Assert.Equal("", driver.Absence);
        DeviceInfo info = driver.Describe(0);
        Assert.Equal((Backend.Cuda, 0, "Stand-in device 0", "CUDA 12.4"), (info.Backend, info.Index, info.Name, info.Driver));
        Assert.Equal((1L << 34, 4, true), (info.Memory, info.Units, info.HasF64));
    }

    [Fact]
    public void Openings_share_one_context_and_one_module()
    {
        using Device first = driver.Open(0, 0);
        using (Device second = driver.Open(0, 0))
        {
            Assert.Equal((1ul, 1ul), (Standin.GetLive().Contexts, Standin.GetLive().Modules));
        }

        Assert.Equal((1ul, 1ul), (Standin.GetLive().Contexts, Standin.GetLive().Modules));
        first.Dispose();
        first.Dispose();
        Assert.Equal(0ul, Standin.GetLive().Sum);
    }

    [Fact]
    public void Leaves_the_callers_context_current()
    {
        nint context, current;
        Standin.Call("cuInit", 0);
        Standin.Call("cuDevicePrimaryCtxRetain", (nint)(&context), 0);
        Standin.Call("cuCtxPushCurrent_v2", context);
        using (Device device = driver.Open(0, 0))
        {
            device.Free(device.Allocate(64));
            Standin.Call("cuCtxGetCurrent", (nint)(&current));
            Assert.Equal(context, current);
        }

        Standin.Call("cuCtxPopCurrent_v2", (nint)(&current));
        using (Device device = driver.Open(0, 0))
        {
            device.Free(device.Allocate(64));
            Standin.Call("cuCtxGetCurrent", (nint)(&current));
            Assert.Equal(0, current);
        }

        Standin.Call("cuDevicePrimaryCtxRelease_v2", 0);
    }

    [Fact]
    public void Copies_run_in_the_order_of_their_stream()
    {
        using Device device = driver.Open(0, 0);
        nint stream = device.CreateStream(), other = device.CreateStream(), memory = device.Allocate(64);
        int* host = (int*)device.AllocateHost(64);
        host[0] = 7;
        host[4] = 0;
        device.CopyIn(memory, 16, host, 4, stream);
        nint mark = device.Record(stream);
        device.Wait(other, mark);
        device.CopyOut(host + 4, memory, 16, 4, other);
        Assert.Equal(0, host[4]);
        device.Synchronise(other);
        Assert.Equal(7, host[4]);
        device.AwaitEvent(mark);
        device.ReleaseEvent(mark);
        device.FreeHost(host);
        device.Free(memory);
        device.DestroyStream(other);
        device.DestroyStream(stream);
    }

    [Fact]
    public void Releasing_nothing_is_nothing()
    {
        using Device device = driver.Open(0, 0);
        device.Free(0);
        device.FreeHost(null);
        device.DestroyStream(0);
        device.ReleaseEvent(0);
    }

    [Fact]
    public void No_device_is_none_and_says_why()
    {
        Standin.Fault("no-device");
        Assert.Equal(0, driver.Count);
        DeviceException error = Assert.Throws<DeviceException>(() => driver.Open(0, 0));
        Assert.Equal("there is no device of CUDA: cuInit: no CUDA-capable device is detected (CUDA_ERROR_NO_DEVICE)", error.Message);
        Standin.Fault("");
        Assert.Equal(1, driver.Count);
    }

    [Fact]
    public void A_module_that_is_refused_leaves_nothing()
    {
        Standin.Fault("module");
        DeviceException error = Assert.Throws<DeviceException>(() => driver.Open(0, 0));
        Assert.Contains("cuModuleLoadDataEx on CUDA device 0: a PTX JIT compilation failed (CUDA_ERROR_INVALID_PTX)", error.Message, StringComparison.Ordinal);
        Assert.Equal(0ul, Standin.GetLive().Sum);
        Standin.Fault("");
        driver.Open(0, 0).Dispose();
    }

    [Fact]
    public void No_memory_is_told_apart()
    {
        using Device device = driver.Open(0, 0);
        Standin.Fault("no-memory");
        OutOfMemoryException error = Assert.Throws<OutOfMemoryException>(() => device.Allocate(4096));
        Assert.Equal("cuMemAlloc of 4096 bytes on CUDA device 0: out of memory (CUDA_ERROR_OUT_OF_MEMORY)", error.Message);
        Assert.Throws<OutOfMemoryException>(() => { device.AllocateHost(4096); });
    }

    [Fact]
    public void A_launch_that_fails_names_the_call()
    {
        using Device device = driver.Open(0, 0);
        Standin.Fault("launch");
        KernelArguments arguments = default;
        DeviceException error = Assert.Throws<DeviceException>(() => device.Launch(KernelEntry.SolveRows, 1, arguments, 0));
        Assert.Equal(
            "cuLaunchKernel on CUDA device 0: too many resources requested for launch (CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)", error.Message);
    }

    [Fact]
    public void A_kernel_that_fails_is_reported_where_the_host_waits()
    {
        using Device device = driver.Open(0, 0);
        nint stream = device.CreateStream();
        Standin.Fault("execution");
        KernelArguments arguments = default;
        device.Launch(KernelEntry.SolveRows, 1, arguments, stream);
        DeviceException error = Assert.Throws<DeviceException>(() => device.Synchronise(stream));
        Assert.Equal("cuStreamSynchronize on CUDA device 0: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)", error.Message);
        device.DestroyStream(stream);
    }
}

/// <summary>One process has one driver: its tests take turns.</summary>
[CollectionDefinition("CUDA", DisableParallelization = true)]
public sealed class CudaCollection;
