using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Equipoise.Tests.Devices.Cuda;

/// <summary>
/// The stand-in for CUDA's driver (tests/Kernels), brought into this process as libcuda.so.1. It is strict: every misuse of the driver is
/// recorded, and a test ends with <see cref="CheckClean"/>.
/// </summary>
internal static unsafe class Standin
{
    private static readonly nint Library = Load();

    /// <summary>Handles and memory that somebody holds.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Live
    {
        internal ulong Contexts, Modules, Streams, Events, Graphs, DeviceBlocks, HostBlocks;

        internal readonly ulong Sum => Contexts + Modules + Streams + Events + Graphs + DeviceBlocks + HostBlocks;
    }

    /// <summary>What was done since the last <see cref="Reset"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counts
    {
        internal ulong Launches, GraphLaunches, LoadedBytes, StoredBytes, Instructions, Barriers, Allocations, Synchronisations, Copies;
    }

    /// <summary>Skips the test where the stand-in is not built.</summary>
    internal static void Require()
    {
        Assert.SkipWhen(Library == 0, "build/cmake/tests/Kernels/libcuda.so.1 is not built");
        Fault("");
        Reset();
    }

    internal static Live GetLive()
    {
        Live live;
        ((delegate* unmanaged<Live*, void>)Find("standin_get_live"))(&live);
        return live;
    }

    internal static Counts GetCounts()
    {
        Counts counts;
        ((delegate* unmanaged<Counts*, void>)Find("standin_get_counts"))(&counts);
        return counts;
    }

    internal static void Reset() => ((delegate* unmanaged<void>)Find("standin_reset_counts"))();

    internal static void Fault(string name) => Say("standin_fault", name);

    internal static void Order(string name) => Say("standin_order", name);

    /// <summary>No misuse of the driver, and nothing of it held.</summary>
    internal static void CheckClean()
    {
        byte* text = stackalloc byte[512];
        int misuses = ((delegate* unmanaged<byte*, nuint, int>)Find("standin_take_misuses"))(text, 512);
        Assert.True(misuses == 0, Marshal.PtrToStringUTF8((nint)text));
        Live live = GetLive();
        Assert.True(
            live.Sum == 0,
            $"{live.Contexts} contexts, {live.Modules} modules, {live.Streams} streams, {live.Events} events, {live.DeviceBlocks} device and {live.HostBlocks} host blocks are left");
    }

    /// <summary>A call of the driver whose arguments are all of the size of a pointer; it must succeed.</summary>
    internal static void Call(string name, nint first, nint second = 0, nint third = 0, nint fourth = 0)
    {
        int result = ((delegate* unmanaged<nint, nint, nint, nint, int>)Find(name))(first, second, third, fourth);
        Assert.True(result == 0, $"{name}: {result}");
    }

    private static void Say(string function, string text)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(text + "\0"))
        {
            ((delegate* unmanaged<byte*, void>)Find(function))(bytes);
        }
    }

    private static nint Find(string name) => NativeLibrary.GetExport(Library, name);

    private static nint Load()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "build", "cmake", "tests", "Kernels", "libcuda.so.1");
            if (File.Exists(path))
            {
                return NativeLibrary.Load(path);
            }
        }

        return 0;
    }
}
