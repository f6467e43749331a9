using System;
using System.Runtime.CompilerServices;

namespace Equipoise.Native;

/// <summary>
/// Structs whose first member is the caller's idea of their size: how a caller with an older or a newer header is served.
/// </summary>
internal static unsafe class SizedStruct
{
    // Far above any version to come: a size beyond it was never set.
    private const nuint Implausible = 4096;

    /// <summary>
    /// The caller's struct over <paramref name="defaults"/>: members that an older caller does not have keep the default. A newer caller's
    /// members must be zero, because what they ask for is not known here.
    /// </summary>
    /// <param name="caller">The caller's struct.</param>
    /// <param name="defaults">What a member is when the caller's struct ends before it.</param>
    /// <param name="smallest">The least size that makes sense.</param>
    /// <param name="name">The argument's name.</param>
    public static T Read<T>(T* caller, in T defaults, int smallest, string name)
        where T : unmanaged
    {
        Require.NotNull(caller, name);
        nuint size = *(nuint*)caller;
        RequirePlausible(size, smallest, name);
        RequireZeros((byte*)caller + sizeof(T), size, (nuint)sizeof(T), name);

        T known = defaults;
        Unsafe.CopyBlock(&known, caller, (uint)nuint.Min(size, (nuint)sizeof(T)));
        *(nuint*)&known = (nuint)sizeof(T);
        return known;
    }

    /// <summary>
    /// Writes <paramref name="defaults"/> to a caller whose struct has <paramref name="size"/> bytes, and not one byte more.
    /// </summary>
    public static void Fill<T>(T* caller, nuint size, T defaults, int smallest, string name)
        where T : unmanaged
    {
        Require.NotNull(caller, name);
        RequirePlausible(size, smallest, name);
        *(nuint*)&defaults = size;
        Unsafe.InitBlock(caller, 0, (uint)size);
        Unsafe.CopyBlock(caller, &defaults, (uint)nuint.Min(size, (nuint)sizeof(T)));
    }

    private static void RequirePlausible(nuint size, int smallest, string name)
    {
        if (size < (nuint)smallest || size > Implausible)
        {
            throw new ArgumentException($"{name}.struct_size is {size}, smaller than the first version's or never set: use its sizeof");
        }
    }

    private static void RequireZeros(byte* tail, nuint size, nuint known, string name)
    {
        for (nuint i = known; i < size; i++, tail++)
        {
            if (*tail != 0)
            {
                throw new NotSupportedException($"{name} has a member set at byte {i} that this version of the library ({known} bytes) does not know");
            }
        }
    }
}
