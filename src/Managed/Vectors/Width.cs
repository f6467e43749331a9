using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Equipoise.Vectors;

/// <summary>
/// The register width of this processor, or of the instruction set that the native library was compiled for. Constants after compilation.
/// </summary>
internal static class Width
{
    internal static bool Is512
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;
    }

    internal static bool Is256
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported;
    }

    /// <summary>Bits of a register.</summary>
    internal static int Bits => Is512 ? 512 : Is256 ? 256 : 128;
}
