using System;

namespace Equipoise.Devices;

/// <summary>A device or its driver failed; the message holds the driver's own text. <c>EQP_DEVICE_ERROR</c> in C.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>A failure described by <paramref name="message"/>.</summary>
    /// <param name="message">What failed, and what the driver said.</param>
    public DeviceException(string message)
        : base(message)
    {
    }
}
