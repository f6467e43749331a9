using System;
using System.Runtime.InteropServices;
using Equipoise.Devices;

namespace Equipoise.Native;

/// <summary>α and q of every row, on a GPU or any other device of OpenCL or CUDA.</summary>
internal static unsafe class DeviceExports
{
    // Up to and with the index.
    private const int SmallestProperties = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_count")]
    public static Status Count(Backend backend, int* count)
    {
        try
        {
            Require.NotNull(count, "count");
            *count = EquilibriumDevice.Count(backend);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_info")]
    public static Status Describe(Backend backend, int index, DeviceProperties* properties)
    {
        try
        {
            Require.NotNull(properties, "properties");
            DeviceProperties known = DeviceProperties.Of(EquilibriumDevice.Describe(backend, index));
            SizedStruct.Fill(properties, properties->StructSize, known, SmallestProperties, "properties");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_open")]
    public static Status Open(Backend backend, int index, void* context, void** device)
    {
        try
        {
            Require.NotNull(device, "device");
            *device = Handle.Create(EquilibriumDevice.Open(backend, index, (nint)context));
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_close")]
    public static void Close(void* device)
    {
        try
        {
            Handle.Free(device);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_allocate")]
    public static Status Allocate(void* device, nuint bytes, void** memory)
    {
        try
        {
            Require.NotNull(memory, "memory");
            *memory = (void*)Handle.Get<EquilibriumDevice>(device, "device").Allocate(bytes);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_free")]
    public static void Free(void* device, void* memory)
    {
        try
        {
            Handle.Get<EquilibriumDevice>(device, "device").Free((nint)memory);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_workspace_size")]
    public static Status GetWorkspaceSize(
        void* device, Matrix* theta, Matrix* target, SolveOptions* options, Solution* solution, nuint* bytes)
    {
        try
        {
            Require.NotNull(bytes, "bytes");
            EquilibriumDevice opened = Read(device, theta, target, options, solution, out SolveOptions wanted, out Solution outputs);
            *bytes = opened.WorkspaceBytes(in *theta, in *target, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_solve")]
    public static Status Solve(
        void* device, Matrix* theta, Matrix* target, SolveOptions* options, Solution* solution, void* workspace, nuint workspaceBytes, void* stream)
    {
        try
        {
            EquilibriumDevice opened = Read(device, theta, target, options, solution, out SolveOptions wanted, out Solution outputs);
            opened.Solve(in *theta, in *target, in wanted, in outputs, (nint)workspace, workspaceBytes, (nint)stream);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_synchronize")]
    public static Status Synchronize(void* device, void* stream)
    {
        try
        {
            Handle.Get<EquilibriumDevice>(device, "device").Synchronize((nint)stream);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_device_solve_host")]
    public static Status SolveHost(void* device, Matrix* theta, Matrix* target, SolveOptions* options, Solution* solution)
    {
        try
        {
            EquilibriumDevice opened = Read(device, theta, target, options, solution, out SolveOptions wanted, out Solution outputs);
            opened.SolveHost(in *theta, in *target, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    private static EquilibriumDevice Read(
        void* device, Matrix* theta, Matrix* target, SolveOptions* options, Solution* solution, out SolveOptions wanted, out Solution outputs)
    {
        EquilibriumDevice opened = Handle.Get<EquilibriumDevice>(device, "device");
        Require.NotNull(theta, "theta");
        Require.NotNull(target, "target");
        wanted = SolveExports.Read(options);
        outputs = SolveExports.Read(solution);
        return opened;
    }
}
