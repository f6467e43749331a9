using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Equipoise.Abi.Generated;

namespace Equipoise.Reflect;

/// <summary>The C interface as ClangSharp declared it to C#.</summary>
internal static class Declared
{
    /// <summary>Every [DllImport] method, every type beside it, and every macro.</summary>
    public static Surface Surface()
    {
        Shapes shapes = new();
        foreach (MethodInfo method in typeof(Exports).GetMethods().Where(m => m.GetCustomAttribute<DllImportAttribute>() is not null))
            shapes.AddFunction(method.Name, method);
        foreach (Type type in typeof(Exports).Assembly.GetTypes().Where(t => t.IsValueType && t.Namespace == typeof(Exports).Namespace))
            shapes.AddType(type);

        Dictionary<string, object> macros = typeof(Exports).GetFields()
            .Where(f => f.IsLiteral)
            .ToDictionary(f => f.Name, f => f.GetRawConstantValue()!);
        macros["version"] = $"{macros["EQP_VERSION_MAJOR"]}.{macros["EQP_VERSION_MINOR"]}.{macros["EQP_VERSION_PATCH"]}";
        return shapes.ToSurface(macros);
    }
}
