using System;
using System.IO;

namespace Equipoise.Devices;

/// <summary>The entries of both images.</summary>
internal enum KernelEntry
{
    /// <summary>A workgroup a row: from where its state stands to its answer.</summary>
    SolveRows = 0,

    /// <summary>A workgroup for each piece of each row: the sweep that the row's state orders.</summary>
    SweepPieces = 1,

    /// <summary>A thread a row: the step between two sweeps.</summary>
    StepRows = 2,
}

/// <summary>The compiled kernels, which the library carries with it (kernels/generated).</summary>
internal static class KernelImages
{
    /// <summary>Threads of every workgroup, in one dimension.</summary>
    internal const int GroupSize = KernelLayout.GroupSize;

    internal const int EntryCount = 3;

    /// <summary>PTX text for CUDA, UTF-8, ended by a zero byte.</summary>
    internal static byte[] Ptx => Read("equipoise.ptx");

    /// <summary>OpenCL C, UTF-8, ended by a zero byte.</summary>
    internal static byte[] OpenCl => Read("equipoise.cl");

    /// <summary>An entry's name in both images, UTF-8, ended by a zero byte.</summary>
    internal static ReadOnlySpan<byte> NameOf(KernelEntry entry) => entry switch
    {
        KernelEntry.SolveRows => "Kernel_SolveRows\0"u8,
        KernelEntry.SweepPieces => "Kernel_SweepPieces\0"u8,
        _ => "Kernel_StepRows\0"u8,
    };

    private static byte[] Read(string name)
    {
        using Stream stream = typeof(KernelImages).Assembly.GetManifestResourceStream(name)
            ?? throw new DeviceException($"the library was built without its kernel image {name}");
        byte[] image = new byte[stream.Length + 1];
        stream.ReadExactly(image.AsSpan(0, image.Length - 1));
        return image;
    }
}
