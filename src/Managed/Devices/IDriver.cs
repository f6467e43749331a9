namespace Equipoise.Devices;

/// <summary>
/// One driver on this machine, loaded at the first question and never before. A machine without it has no devices: that is no error.
/// </summary>
internal interface IDriver
{
    /// <summary>Devices of this driver; 0 where the driver is missing.</summary>
    int Count { get; }

    /// <summary>Why there is no device, in the driver's words where it has any; "" where there is one.</summary>
    string Absence { get; }

    /// <summary>What a device is; <paramref name="index"/> is below <see cref="Count"/>.</summary>
    DeviceInfo Describe(int index);

    /// <summary>
    /// Opens a device. <paramref name="context"/>: 0 for the driver's usual one (CUDA: the primary context, as torch uses), else the
    /// caller's own (OpenCL: the cl_context that its buffers belong to).
    /// </summary>
    Device Open(int index, nint context);
}
