namespace Equipoise.Devices;

/// <summary>What a driver says about a device.</summary>
public sealed record DeviceInfo
{
    /// <summary>The driver that serves it.</summary>
    public required Backend Backend { get; init; }

    /// <summary>Its number among the driver's devices.</summary>
    public required int Index { get; init; }

    /// <summary>The device's name in the driver's words.</summary>
    public required string Name { get; init; }

    /// <summary>The driver's name and version.</summary>
    public required string Driver { get; init; }

    /// <summary>Bytes of device memory.</summary>
    public required long Memory { get; init; }

    /// <summary>Multiprocessors or compute units.</summary>
    public required int Units { get; init; }

    /// <summary>The device computes in f64; without it nothing can be solved there.</summary>
    public required bool HasF64 { get; init; }
}
