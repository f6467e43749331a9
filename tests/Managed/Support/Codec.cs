using System;

namespace Equipoise.Tests.Support;

/// <summary>The four element types, one element at a time.</summary>
internal static unsafe class Codec
{
    /// <summary>All of them.</summary>
    public static readonly DType[] All = [DType.F32, DType.F64, DType.F16, DType.BF16];

    /// <summary>Bytes of an element.</summary>
    public static int Size(DType dtype) => dtype switch { DType.F64 => 8, DType.F32 => 4, _ => 2 };

    /// <summary>The spacing of the type's numbers just above 1, halved: the largest relative error of rounding to it.</summary>
    public static double Roundoff(DType dtype) => dtype switch
    {
        DType.F64 => Math.ScaleB(1, -53),
        DType.F32 => Math.ScaleB(1, -24),
        DType.F16 => Math.ScaleB(1, -11),
        _ => Math.ScaleB(1, -8),
    };

    /// <summary>The type's smallest normal number: below it, relative accuracy ends.</summary>
    public static double SmallestNormal(DType dtype) => dtype switch
    {
        DType.F64 => Math.ScaleB(1, -1022),
        DType.F16 => Math.ScaleB(1, -14),
        _ => Math.ScaleB(1, -126),
    };

    /// <summary>Element <paramref name="index"/> of an array of the type.</summary>
    public static double Read(void* data, long index, DType dtype) => dtype switch
    {
        DType.F64 => ((double*)data)[index],
        DType.F32 => ((float*)data)[index],
        DType.F16 => (double)((Half*)data)[index],
        _ => BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[index] << 16),
    };

    /// <summary>Stores <paramref name="value"/>, rounded to nearest even.</summary>
    public static void Write(void* data, long index, DType dtype, double value)
    {
        switch (dtype)
        {
            case DType.F64: ((double*)data)[index] = value; break;
            case DType.F32: ((float*)data)[index] = (float)value; break;
            case DType.F16: ((Half*)data)[index] = (Half)value; break;
            default: ((ushort*)data)[index] = BrainFloat((float)value); break;
        }
    }

    /// <summary>The number that the type holds for <paramref name="value"/>.</summary>
    public static double Round(double value, DType dtype)
    {
        double slot = 0;
        Write(&slot, 0, dtype, value);
        return Read(&slot, 0, dtype);
    }

    /// <summary>Whether the type holds every value (NaN included) as it is.</summary>
    public static bool Holds(double[] values, DType dtype) => Array.TrueForAll(values, v => Round(v, dtype).Equals(v));

    private static ushort BrainFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
