using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Equipoise.Devices;

namespace Equipoise.Native;

/// <summary>A <see cref="DeviceInfo"/> as C reads it: <c>eqp_device_properties</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DeviceProperties
{
    // Few devices, few texts: each stays, so that C may keep the pointers.
    private static readonly ConcurrentDictionary<string, nint> Texts = new();

    public nuint StructSize;
    public Backend Backend;
    public int Index;
    public byte* Name;
    public byte* Driver;
    public long Memory;
    public int Units;
    public int HasF64;

    internal static DeviceProperties Of(DeviceInfo info) => new()
    {
        Backend = info.Backend,
        Index = info.Index,
        Name = TextOf(info.Name),
        Driver = TextOf(info.Driver),
        Memory = info.Memory,
        Units = info.Units,
        HasF64 = info.HasF64 ? 1 : 0,
    };

    private static byte* TextOf(string text) => (byte*)Texts.GetOrAdd(text, static t => Marshal.StringToCoTaskMemUTF8(t));
}
