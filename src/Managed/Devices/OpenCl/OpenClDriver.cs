using System;
using System.Collections.Generic;

namespace Equipoise.Devices.OpenCl;

/// <summary>All devices of all OpenCL platforms, in the loader's order.</summary>
internal sealed unsafe class OpenClDriver : IDriver
{
    private static readonly Lazy<(nint Platform, nint Device)[]> All = new(Find);

    internal static OpenClDriver Instance { get; } = new();

    public int Count => All.Value.Length;

    public string Absence => Count > 0 ? "" : OpenClApi.Instance is null ? "libOpenCL.so.1 cannot be loaded" : "no platform has one";

    public DeviceInfo Describe(int index)
    {
        (nint platform, nint device) = All.Value[index];
        OpenClApi api = OpenClApi.Instance!;
        return new DeviceInfo
        {
            Backend = Backend.OpenCl,
            Index = index,
            Name = OpenClApi.Text(api.GetDeviceInfo, device, OpenClApi.DeviceName),
            Driver = $"{OpenClApi.Text(api.GetPlatformInfo, platform, OpenClApi.PlatformName)} {OpenClApi.Text(api.GetDeviceInfo, device, OpenClApi.DriverVersion)}",
            Memory = (long)Number(api, device, OpenClApi.DeviceGlobalMemSize),
            Units = (int)Number(api, device, OpenClApi.DeviceMaxComputeUnits),
            HasF64 = Number(api, device, OpenClApi.DeviceDoubleFpConfig) != 0 && Number(api, device, OpenClApi.DeviceMaxWorkGroupSize) >= KernelImages.GroupSize,
        };
    }

    public Device Open(int index, nint context) => new OpenClDevice(OpenClApi.Instance!, All.Value[index].Device, Describe(index), context);

    private static ulong Number(OpenClApi api, nint device, uint name)
    {
        ulong value = 0;
        OpenClApi.Check(api.GetDeviceInfo(device, name, sizeof(ulong), &value, null), "clGetDeviceInfo");
        return value;
    }

    private static (nint Platform, nint Device)[] Find()
    {
        OpenClApi? api = OpenClApi.Instance;
        List<(nint Platform, nint Device)> found = [];
        uint count = 0;
        if (api is null || api.GetPlatformIds(0, null, &count) != 0 || count == 0)
        {
            return [];
        }

        nint[] platforms = new nint[count];
        fixed (nint* start = platforms)
        {
            OpenClApi.Check(api.GetPlatformIds(count, start, null), "clGetPlatformIDs");
        }

        foreach (nint platform in platforms)
        {
            if (api.GetDeviceIds(platform, OpenClApi.DeviceTypeAll, 0, null, &count) != 0 || count == 0)
            {
                continue;
            }

            nint[] devices = new nint[count];
            fixed (nint* start = devices)
            {
                OpenClApi.Check(api.GetDeviceIds(platform, OpenClApi.DeviceTypeAll, count, start, null), "clGetDeviceIDs");
            }

            foreach (nint device in devices)
            {
                found.Add((platform, device));
            }
        }

        return [.. found];
    }
}
