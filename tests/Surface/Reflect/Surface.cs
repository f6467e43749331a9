using System.Collections.Generic;

namespace Equipoise.Reflect;

/// <summary>The functions and types of one side of the C interface, in C# spelling.</summary>
internal sealed record Surface(
    Dictionary<string, Dictionary<string, long>> Enums,
    Dictionary<string, StructShape> Structs,
    Dictionary<string, FunctionShape> Functions,
    Dictionary<string, object> Constants);

/// <summary>A struct's size in bytes and its members in order.</summary>
internal sealed record StructShape(int Size, List<Member> Members);

/// <summary>A member: its name, type and offset in bytes.</summary>
internal sealed record Member(string Name, string Type, int Offset);

/// <summary>What a function gives and takes.</summary>
internal sealed record FunctionShape(string Result, List<Parameter> Parameters);

/// <summary>One argument of a function.</summary>
internal sealed record Parameter(string Name, string Type);
