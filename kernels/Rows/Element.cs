using ILGPU;

namespace Equipoise.Kernels;

/// <summary>Bits of the element types, by integer arithmetic: not every device has half precision.</summary>
internal static class Element
{
    internal static float FromBF16(int bits) => Interop.IntAsFloat((uint)bits << 16);

    /// <summary>IEEE binary16.</summary>
    internal static float FromF16(int bits)
    {
        uint sign = (uint)(bits & 0x8000) << 16, magnitude = (uint)(bits & 0x7FFF);

        // 2^112 moves the exponent's bias from 15 to 127, subnormals included; beyond that lie infinity and NaN.
        float value = Interop.IntAsFloat(magnitude << 13) * 5.192296858534828e33f;
        uint result = magnitude >= 0x7C00 ? 0x7F800000 | ((magnitude & 0x3FF) << 13) : Interop.FloatAsInt(value);
        return Interop.IntAsFloat(sign | result);
    }

    /// <summary>To nearest, ties to even.</summary>
    internal static int ToBF16(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return (int)(float.IsNaN(value) ? 0x7FC0 : rounded);
    }

    /// <summary>To nearest, ties to even.</summary>
    internal static int ToF16(float value)
    {
        uint bits = Interop.FloatAsInt(value), sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;

        // Adding 2^-14 · 2^10 · 2^... aligns a subnormal's last bit with the sum's: the hardware rounds it.
        float shifted = Interop.IntAsFloat(magnitude) + 0.5f;
        uint subnormal = Interop.FloatAsInt(shifted) - 0x3F000000;
        uint normal = (magnitude + 0xFFF + ((magnitude >> 13) & 1) - 0x38000000) >> 13;
        uint result = magnitude < 0x38800000 ? subnormal : normal;
        result = magnitude >= 0x477FF000 ? 0x7C00u : result;
        result = magnitude > 0x7F800000 ? 0x7E00u : result;
        return (int)(sign | result);
    }
}
