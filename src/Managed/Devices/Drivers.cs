using System;
using Equipoise.Devices.Cuda;
using Equipoise.Devices.OpenCl;

namespace Equipoise.Devices;

/// <summary>The driver behind each backend.</summary>
internal static class Drivers
{
    internal static IDriver Of(Backend backend) => backend switch
    {
        Backend.OpenCl => OpenClDriver.Instance,
        Backend.Cuda => CudaDriver.Instance,
        _ => throw new ArgumentException($"backend {(int)backend} is not an eqp_backend", nameof(backend)),
    };

    internal static string NameOf(Backend backend) => backend == Backend.OpenCl ? "OpenCL" : "CUDA";
}
