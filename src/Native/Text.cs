using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Texts of static storage for C.</summary>
internal static unsafe class Text
{
    /// <summary>The address of a literal (<c>"…\0"u8</c>), which lies in the library's read-only data and never moves.</summary>
    public static byte* Pointer(ReadOnlySpan<byte> literal) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(literal));
}
