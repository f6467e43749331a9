using System;

namespace Equipoise.Abi.Generated;

/// <summary>The C spelling of a type, as the generated declarations note it.</summary>
[AttributeUsage(AttributeTargets.All)]
internal sealed class NativeTypeNameAttribute(string name) : Attribute
{
    /// <summary>Such as <c>const eqp_matrix *</c>.</summary>
    public string Name { get; } = name;
}
