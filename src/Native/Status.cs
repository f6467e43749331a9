namespace Equipoise.Native;

/// <summary>What a call answers; <c>eqp_status</c>.</summary>
internal enum Status
{
    Ok = 0,
    InvalidArgument = 1,
    Unsupported = 2,
    OutOfMemory = 3,
    DeviceError = 4,
    InternalError = 5,
}
