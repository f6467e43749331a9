using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Managed objects as C holds them: opaque, and alive until they are freed.</summary>
internal static unsafe class Handle
{
    /// <summary>A handle that keeps <paramref name="item"/> alive.</summary>
    public static void* Create(object item) => (void*)GCHandle.ToIntPtr(GCHandle.Alloc(item));

    /// <summary>What a handle stands for.</summary>
    public static T Get<T>(void* handle, string name)
        where T : class
    {
        Require.NotNull(handle, name);
        return GCHandle.FromIntPtr((nint)handle).Target as T ?? throw new ArgumentException($"{name} is a handle of another kind");
    }

    /// <summary>Lets go of it, and of what it holds. Null is fine.</summary>
    public static void Free(void* handle)
    {
        if (handle != null)
        {
            GCHandle kept = GCHandle.FromIntPtr((nint)handle);
            (kept.Target as IDisposable)?.Dispose();
            kept.Free();
        }
    }
}
