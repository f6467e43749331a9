namespace Equipoise.Vectors;

/// <summary>
/// The constants by which f16 becomes f32 and back through integer and float operations, on machines without conversion intrinsics.
/// </summary>
internal static class Binary16
{
    /// <summary>Sign, and exponent and mantissa shifted to their f32 places.</summary>
    internal const int Mask = unchecked((int)0x8fffe000);

    /// <summary>2^112: the difference of the exponent biases.</summary>
    internal const float Rebias = 5.192296858534828e33f;

    /// <summary>What an infinity or NaN becomes after the rebias, at the least.</summary>
    internal const float FirstSpecial = 65536f;

    /// <summary>The f32 exponent field of infinities and NaNs.</summary>
    internal const int Infinity = 0x7f800000;

    /// <summary>Moves an f32 exponent to f16's bias and adds just under half a unit in the last f16 place.</summary>
    internal const uint Unbias = unchecked(((15u - 127u) << 23) + 0xfffu);

    /// <summary>Adding it puts an f16-subnormal number's bits into the lowest places of the sum, rounded to even.</summary>
    internal const float SubnormalUnit = 0.5f;

    /// <summary>f32 bits of 2^−14, the first normal f16.</summary>
    internal const uint FirstNormal = 113u << 23;

    /// <summary>f32 bits of 65520, which rounds to infinity.</summary>
    internal const uint FirstOverflow = 0x477ff000u;
}
