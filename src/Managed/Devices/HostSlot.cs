using System;
using Equipoise.Rows;

namespace Equipoise.Devices;

/// <summary>
/// Room for one chunk of a host batch: staging memory, device memory and a stream. While one slot's chunk is computed, another's is copied.
/// </summary>
internal sealed unsafe class HostSlot : IDisposable
{
    /// <summary>Device rows start at multiples of so many elements, so that wide accesses are aligned.</summary>
    internal const long Alignment = 16;

    private readonly Device device;
    private readonly HostLayout layout;
    private readonly nint[] memory;
    private readonly nint workspace;
    private readonly byte* staging;
    private readonly nint stream;

    /// <summary>First row of the chunk in flight, and how many; 0 = none.</summary>
    private long first;
    private long count;

    internal HostSlot(Device device, HostLayout layout)
    {
        this.device = device;
        this.layout = layout;
        memory = new nint[HostLayout.FieldCount];
        try
        {
            stream = device.CreateStream();
            staging = (byte*)device.AllocateHost(layout.StagingBytes);
            for (int i = 0; i < memory.Length; i++)
            {
                memory[i] = layout.Bytes(i) == 0 ? 0 : device.Allocate(layout.Bytes(i));
            }

            workspace = device.Allocate(layout.WorkspaceBytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes rows [first, first + count) of the job on; the slot must be idle.</summary>
    internal void Start(in HostJob job, long begin, long rows)
    {
        first = begin;
        count = rows;
        for (int field = 0; field < HostLayout.InputCount; field++)
        {
            if (memory[field] != 0)
            {
                layout.Gather(job, field, begin, rows, staging + layout.Offset(field));
                device.CopyIn(memory[field], 0, staging + layout.Offset(field), layout.Bytes(field, rows), stream);
            }
        }

        DevicePlan plan = layout.Plan(job, memory, rows, device.Info.Units);
        plan.Run(device, workspace, stream);
        for (int field = HostLayout.InputCount; field < HostLayout.FieldCount; field++)
        {
            if (memory[field] != 0)
            {
                device.CopyOut(staging + layout.Offset(field), memory[field], 0, layout.Bytes(field, rows), stream);
            }
        }

        device.Flush(stream);
    }

    /// <summary>Waits for the chunk in flight, and hands its results out.</summary>
    internal void Finish(in HostJob job)
    {
        if (count == 0)
        {
            return;
        }

        device.Synchronise(stream);
        for (int field = HostLayout.InputCount; field < HostLayout.FieldCount; field++)
        {
            if (memory[field] != 0)
            {
                layout.Scatter(job, field, first, count, staging);
            }
        }

        count = 0;
    }

    public void Dispose()
    {
        // A chunk may be in flight still where another failed.
        if (stream != 0 && count != 0)
        {
            Abandon();
        }

        foreach (nint buffer in memory)
        {
            device.Free(buffer);
        }

        device.Free(workspace);
        device.FreeHost(staging);
        device.DestroyStream(stream);
    }

    /// <summary>Waits for a chunk whose results nobody wants: what it says is not news, and all that is held must go in any case.</summary>
    private void Abandon()
    {
        try
        {
            device.Synchronise(stream);
        }
        catch (DeviceException)
        {
        }
    }
}
