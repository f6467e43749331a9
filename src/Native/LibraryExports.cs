using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>What the library says about itself and about the latest error.</summary>
internal static unsafe class LibraryExports
{
    private const int AbiVersion = 1;

    [UnmanagedCallersOnly(EntryPoint = "eqp_abi_version")]
    public static int GetAbiVersion() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "eqp_version")]
    public static byte* GetVersion() => Text.Pointer("0.1.0\0"u8);

    [UnmanagedCallersOnly(EntryPoint = "eqp_isa")]
    public static byte* GetIsa() => Text.Pointer(InstructionSet.Name);

    [UnmanagedCallersOnly(EntryPoint = "eqp_status_string")]
    public static byte* GetStatusString(Status status) => Text.Pointer(status switch
    {
        Status.Ok => "EQP_OK\0"u8,
        Status.InvalidArgument => "EQP_INVALID_ARGUMENT\0"u8,
        Status.Unsupported => "EQP_UNSUPPORTED\0"u8,
        Status.OutOfMemory => "EQP_OUT_OF_MEMORY\0"u8,
        Status.DeviceError => "EQP_DEVICE_ERROR\0"u8,
        Status.InternalError => "EQP_INTERNAL_ERROR\0"u8,
        _ => "unknown status\0"u8,
    });

    [UnmanagedCallersOnly(EntryPoint = "eqp_last_error")]
    public static byte* GetLastError() => LastError.Pointer;
}
