using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Equipoise.Reflect;

/// <summary>The C interface as src/Native exports it.</summary>
internal static unsafe class Exported
{
    /// <summary>Every [UnmanagedCallersOnly] method, and the types of src/Managed that it speaks of.</summary>
    public static Surface Surface()
    {
        Dictionary<string, MethodInfo> methods = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(m => EntryPoint(m) is not null)
            .ToDictionary(m => EntryPoint(m)!);

        Shapes shapes = new();
        foreach ((string name, MethodInfo method) in methods)
            shapes.AddFunction(name, method);

        return shapes.ToSurface(new()
        {
            ["EQP_ABI_VERSION"] = ((delegate* unmanaged<int>)Address(methods["eqp_abi_version"]))(),
            ["version"] = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Address(methods["eqp_version"]))())!,
        });
    }

    private static string? EntryPoint(MethodInfo method) => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()?.EntryPoint;

    private static void* Address(MethodInfo method) => (void*)method.MethodHandle.GetFunctionPointer();
}
