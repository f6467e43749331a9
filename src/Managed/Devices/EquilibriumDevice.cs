using System;
using Equipoise.Balance;
using Equipoise.Devices.OpenCl;
using Equipoise.Rows;

namespace Equipoise.Devices;

/// <summary>
/// The solve of <see cref="Equilibrium"/> on a GPU, or any other device of OpenCL or CUDA. The driver is looked for at the first question;
/// a machine without one has no devices.
/// </summary>
/// <remarks>
/// α and the KLs agree with the CPU's within 1e-6, q within 2e-6 in each element; bits are the backend's own. A row's bits depend on that row
/// alone. Safe to use from any number of threads at once.
/// </remarks>
public sealed unsafe class EquilibriumDevice : IDisposable
{
    /// <summary>Bytes of host and device memory that a chunk of a host batch may take.</summary>
    private const long ChunkBytes = 64L << 20;

    private readonly Device device;

    private EquilibriumDevice(Device device) => this.device = device;

    /// <summary>What the driver says about this device.</summary>
    public DeviceInfo Info => device.Info;

    /// <summary>Devices that a backend has on this machine; 0 where its driver is missing.</summary>
    /// <param name="backend">The driver.</param>
    public static int Count(Backend backend) => Drivers.Of(backend).Count;

    /// <summary>What a device is, without opening it.</summary>
    /// <param name="backend">The driver.</param>
    /// <param name="index">Below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static DeviceInfo Describe(Backend backend, int index)
    {
        CheckIndex(backend, index);
        return Drivers.Of(backend).Describe(index);
    }

    /// <summary>Opens a device and hands it the kernels, which may take a while the first time.</summary>
    /// <param name="backend">The driver.</param>
    /// <param name="index">Below <see cref="Count"/>.</param>
    /// <param name="context">0, or the caller's own cl_context or CUcontext.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    /// <exception cref="NotSupportedException">The device has no f64.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public static EquilibriumDevice Open(Backend backend, int index, nint context = 0)
    {
        CheckIndex(backend, index);
        return new EquilibriumDevice(Drivers.Of(backend).Open(index, context));
    }

    /// <summary>Device memory for arguments and workspace, aligned to 256 bytes: a device pointer, or a cl_mem.</summary>
    /// <param name="bytes">Above 0.</param>
    /// <exception cref="OutOfMemoryException">The device has no more.</exception>
    public nint Allocate(nuint bytes)
    {
        MatrixChecks.Require(bytes > 0, "bytes", "bytes is 0");
        return device.Allocate(bytes);
    }

    /// <summary>Takes back what <see cref="Allocate"/> gave; 0 is ignored.</summary>
    /// <param name="memory">No work in flight uses it any more; CUDA waits for that.</param>
    public void Free(nint memory) => device.Free(memory);

    /// <summary>Bytes of device memory that <see cref="Solve"/> needs for these arguments.</summary>
    /// <param name="theta">As for <see cref="Solve"/>; no memory is touched.</param>
    /// <param name="target">As for <see cref="Solve"/>.</param>
    /// <param name="options">As for <see cref="Solve"/>.</param>
    /// <param name="solution">As for <see cref="Solve"/>.</param>
    public nuint WorkspaceBytes(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution) =>
        Plan(theta, target, options, solution).WorkspaceBytes;

    /// <summary>
    /// <see cref="Equilibrium.Solve(in Matrix, in Matrix, in SolveOptions, in Solution)"/> on device memory: enqueued on a stream, and not waited
    /// for. Every pointer is the device's (CUDA: a device pointer; OpenCL: a cl_mem, whose first byte is the first element).
    /// </summary>
    /// <param name="theta">Scores of the current policy.</param>
    /// <param name="target">Scores of the target.</param>
    /// <param name="options">As on the CPU; row temperatures and row mask in device memory. A row whose temperature is not above 0 is invalid.</param>
    /// <param name="solution">Outputs in device memory.</param>
    /// <param name="workspace">Device memory, aligned to 16 bytes, that belongs to this call until the stream has passed it.</param>
    /// <param name="workspaceBytes">At least <see cref="WorkspaceBytes"/>.</param>
    /// <param name="stream">CUstream or cl_command_queue; 0 = the driver's default.</param>
    public void Solve(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution, nint workspace, nuint workspaceBytes, nint stream)
    {
        DevicePlan plan = Plan(theta, target, options, solution);
        MatrixChecks.Require(workspace != 0 || plan.WorkspaceBytes == 0, "workspace", "workspace is null");
        MatrixChecks.Require(IsHandle || (nuint)workspace % 16 == 0, "workspace", "workspace is not aligned to 16 bytes");
        MatrixChecks.Require(
            workspaceBytes >= plan.WorkspaceBytes, "workspace_bytes", $"workspace_bytes is {workspaceBytes}, must be at least {plan.WorkspaceBytes}");
        plan.Run(device, workspace, stream);
    }

    /// <summary>Waits until a stream has done all its work, and reports what failed in it.</summary>
    /// <param name="stream">As for <see cref="Solve"/>.</param>
    public void Synchronize(nint stream) => device.Synchronise(stream);

    /// <summary><see cref="Solve"/> on host memory: chunks travel to the device and back while others are computed. Returns when all is done.</summary>
    /// <param name="theta">Scores of the current policy.</param>
    /// <param name="target">Scores of the target.</param>
    /// <param name="options">As on the CPU.</param>
    /// <param name="solution">Outputs in host memory.</param>
    public void SolveHost(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        SolveChecks.Check(theta, target, options, solution);
        if (theta.Rows == 0)
        {
            return;
        }

        HostJob job = new() { Theta = theta, Target = target, Options = options, Solution = solution };
        job.Columns = Addressing.RealColumns(theta, options.ValidColumns);
        job.Q = solution.Q == null ? default : *solution.Q;
        job.LogQ = solution.LogQ == null ? default : *solution.LogQ;
        Stream(job);
    }

    /// <summary>Closes the device; work enqueued by <see cref="Solve"/> must be done.</summary>
    public void Dispose() => device.Dispose();

    private bool IsHandle => device.Info.Backend == Backend.OpenCl;

    private static void CheckIndex(Backend backend, int index)
    {
        int count = Count(backend);
        if (count == 0)
        {
            throw new DeviceException($"there is no device of {Drivers.NameOf(backend)}: {Drivers.Of(backend).Absence}");
        }

        MatrixChecks.Require((uint)index < (uint)count, "index", $"index is {index}, but there are {count} devices of {Drivers.NameOf(backend)}");
    }

    private DevicePlan Plan(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        DeviceChecks.Check(IsHandle, theta, target, options, solution);
        return DevicePlan.Of(IsHandle, theta, target, options, solution, device.Info.Units);
    }

    private void Stream(in HostJob job)
    {
        long rows = job.Theta.Rows, chunk = Math.Clamp(ChunkBytes / HostLayout.RowBytes(job), 1, rows);
        HostLayout layout = new(job, chunk);
        using HostSlot first = new(device, layout);
        using HostSlot? second = chunk < rows ? new HostSlot(device, layout) : null;
        HostSlot now = first, other = second ?? first;
        for (long begin = 0; begin < rows; begin += chunk)
        {
            now.Finish(job);
            now.Start(job, begin, Math.Min(chunk, rows - begin));
            (now, other) = (other, now);
        }

        now.Finish(job);
        other.Finish(job);
    }
}
