using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Equipoise.Reflect;

/// <summary>Collects functions, and every enum and struct that they mention, directly or through members.</summary>
internal sealed class Shapes
{
    private readonly Dictionary<string, Dictionary<string, long>> enums = [];
    private readonly Dictionary<string, StructShape> structs = [];
    private readonly Dictionary<string, FunctionShape> functions = [];

    /// <summary>What has been collected, with <paramref name="constants"/>.</summary>
    public Surface ToSurface(Dictionary<string, object> constants) => new(enums, structs, functions, constants);

    /// <summary>Adds a function under the name that C calls it by.</summary>
    public void AddFunction(string name, MethodInfo method) => functions.Add(
        name,
        new(Spell(method.ReturnType), [.. method.GetParameters().Select(p => new Parameter(p.Name!, Spell(p.ParameterType)))]));

    /// <summary>Adds a type that no function need mention.</summary>
    public void AddType(Type type) => Spell(type);

    private string Spell(Type type)
    {
        if (type.IsPointer)
            return $"ptr<{Spell(type.GetElementType()!)}>";
        if (type.IsEnum)
            return AddEnum(type);
        if (type is { IsValueType: true, IsPrimitive: false } && type != typeof(void))
            return AddStruct(type);
        return Primitive(type);
    }

    private static string Primitive(Type type) => type switch
    {
        _ when type == typeof(void) => "void",
        _ when type == typeof(sbyte) => "i8",
        _ when type == typeof(byte) => "u8",
        _ when type == typeof(int) => "i32",
        _ when type == typeof(uint) => "u32",
        _ when type == typeof(long) || type == typeof(nint) => "i64",
        _ when type == typeof(ulong) || type == typeof(nuint) => "u64",
        _ when type == typeof(float) => "f32",
        _ when type == typeof(double) => "f64",
        _ => throw new NotSupportedException($"{type} has no place in the C interface"),
    };

    private string AddEnum(Type type)
    {
        if (Marshal.SizeOf(Enum.GetUnderlyingType(type)) != sizeof(int))
            throw new NotSupportedException($"{type} is not as wide as a C enum");
        enums[type.Name] = Enum.GetNames(type).ToDictionary(n => n, n => Convert.ToInt64(Enum.Parse(type, n)));
        return $"enum {type.Name}";
    }

    private string AddStruct(Type type)
    {
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        if (fields.Length == 0)
            return $"opaque {type.Name}";
        if (!structs.ContainsKey(type.Name))
        {
            structs.Add(type.Name, new(0, []));
            structs[type.Name] = new(
                Marshal.SizeOf(type),
                [.. fields.Select(f => new Member(f.Name, Spell(f.FieldType), (int)Marshal.OffsetOf(type, f.Name)))]);
        }

        return $"struct {type.Name}";
    }
}
