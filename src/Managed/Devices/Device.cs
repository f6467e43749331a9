using System;

namespace Equipoise.Devices;

/// <summary>
/// An opened device: the least that solving needs of a driver. Handles (memory, streams, events) are the driver's own, so that a caller's
/// can be used as they are. Any thread may call any member at any time. A failure is a <see cref="DeviceException"/> with the driver's text,
/// or an <see cref="OutOfMemoryException"/>.
/// </summary>
internal abstract unsafe class Device : IDisposable
{
    /// <summary>What the driver says about this device.</summary>
    internal abstract DeviceInfo Info { get; }

    /// <summary>
    /// Enqueues <paramref name="groups"/> workgroups of <see cref="KernelImages.GroupSize"/> threads on a stream and returns; no allocation,
    /// no synchronisation. <paramref name="arguments"/> is the entry's packed parameter block (see <see cref="KernelArguments"/>).
    /// The kernel image is handed to the driver at the device's opening, so that a launch can be captured into a graph.
    /// </summary>
    internal abstract void Launch(KernelEntry entry, long groups, in KernelArguments arguments, nint stream);

    /// <summary>Device memory, aligned to at least 256 bytes.</summary>
    internal abstract nint Allocate(nuint bytes);

    /// <summary>Frees what <see cref="Allocate"/> gave; 0 is ignored.</summary>
    internal abstract void Free(nint memory);

    /// <summary>Host memory from which copies run asynchronously (pinned where the driver knows that).</summary>
    internal abstract void* AllocateHost(nuint bytes);

    /// <summary>Frees what <see cref="AllocateHost"/> gave; null is ignored.</summary>
    internal abstract void FreeHost(void* memory);

    /// <summary>Enqueues a copy to <paramref name="offset"/> bytes into device memory; the source stays untouched until the stream got there.</summary>
    internal abstract void CopyIn(nint memory, nuint offset, void* source, nuint bytes, nint stream);

    /// <summary>Enqueues a copy from <paramref name="offset"/> bytes into device memory.</summary>
    internal abstract void CopyOut(void* destination, nint memory, nuint offset, nuint bytes, nint stream);

    /// <summary>A stream of its own, which waits for no other (CUDA: non-blocking; OpenCL: an in-order queue).</summary>
    internal abstract nint CreateStream();

    /// <summary>Ends a stream once its work is done; 0 is ignored.</summary>
    internal abstract void DestroyStream(nint stream);

    /// <summary>Hands enqueued work to the device now (OpenCL: clFlush; CUDA: nothing to do).</summary>
    internal abstract void Flush(nint stream);

    /// <summary>Waits until a stream has done all its work, and reports what failed in it.</summary>
    internal abstract void Synchronise(nint stream);

    /// <summary>A mark in <paramref name="stream"/> at what it has been given so far. To be released by <see cref="ReleaseEvent"/>.</summary>
    internal abstract nint Record(nint stream);

    /// <summary>Makes a stream wait for a mark, without waiting here.</summary>
    internal abstract void Wait(nint stream, nint mark);

    /// <summary>Waits here until a mark is reached.</summary>
    internal abstract void AwaitEvent(nint mark);

    /// <summary>Ends the life of a mark; 0 is ignored.</summary>
    internal abstract void ReleaseEvent(nint mark);

    /// <summary>Closes the device; work in flight is the caller's to have finished.</summary>
    public abstract void Dispose();
}
