using System;
using System.Diagnostics.CodeAnalysis;

namespace Equipoise.Native;

/// <summary>Checks of what only C can get wrong.</summary>
internal static unsafe class Require
{
    /// <summary>Throws when <paramref name="argument"/> is null.</summary>
    public static void NotNull(void* argument, string name)
    {
        if (argument == null)
        {
            ThrowNull(name);
        }
    }

    [DoesNotReturn]
    private static void ThrowNull(string name) => throw new ArgumentException($"{name} is null");
}
