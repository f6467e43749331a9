using System;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Equipoise.Native;

/// <summary>The level this library was compiled for. Every IsSupported here is a constant by then.</summary>
internal static class InstructionSet
{
    /// <summary>The level's name, with its final NUL.</summary>
    public static ReadOnlySpan<byte> Name =>
        HasAvx512 ? "x86-64-v4\0"u8
        : HasAvx2 ? "x86-64-v3\0"u8
        : Sse42.IsSupported ? "x86-64-v2\0"u8
        : AdvSimd.Arm64.IsSupported ? "arm64\0"u8
        : "unknown\0"u8;

    private static bool HasAvx512 => Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx512CD.VL.IsSupported;

    private static bool HasAvx2 => Avx2.IsSupported && Fma.IsSupported && Bmi1.IsSupported && Bmi2.IsSupported && Lzcnt.IsSupported;
}
