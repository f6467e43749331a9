using System;
using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Rows;

/// <summary>Where a pass puts a register of results.</summary>
internal unsafe interface IBlockWriter<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    /// <summary>False when nothing is written at all.</summary>
    static abstract bool Writes { get; }

    /// <summary>Bytes of an element.</summary>
    static abstract int ElementSize { get; }

    static abstract void Store(void* destination, nint index, V x);

    /// <summary>Two registers that hold the even elements and the odd ones; only where <see cref="TakesInterleaved"/>.</summary>
    static abstract void StoreInterleaved(void* destination, nint index, V even, V odd);

    static abstract bool TakesInterleaved { get; }
}

/// <summary>Only the sums are wanted.</summary>
internal readonly unsafe struct NoWriter<T, L, V> : IBlockWriter<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    public static bool Writes => false;

    public static int ElementSize => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* destination, nint index, V x)
    {
    }

    public static bool TakesInterleaved => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleaved(void* destination, nint index, V even, V odd)
    {
    }
}

/// <summary>Results in the lanes' own type.</summary>
internal readonly unsafe struct DirectWriter<T, L, V> : IBlockWriter<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    public static bool Writes => true;

    public static int ElementSize => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* destination, nint index, V x) => L.Store((T*)destination + index, x);

    public static bool TakesInterleaved => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleaved(void* destination, nint index, V even, V odd) => throw new NotSupportedException();
}

/// <summary>f16 results of f32 lanes.</summary>
internal readonly unsafe struct F16Writer<L, V> : IBlockWriter<float, L, V>
    where L : struct, ILanes<float, V>
    where V : struct
{
    public static bool Writes => true;

    public static int ElementSize => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* destination, nint index, V x) => L.StoreF16((ushort*)destination + index, x);

    public static bool TakesInterleaved => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleaved(void* destination, nint index, V even, V odd) => throw new NotSupportedException();
}

/// <summary>bf16 results of f32 lanes.</summary>
internal readonly unsafe struct BF16Writer<L, V> : IBlockWriter<float, L, V>
    where L : struct, ILanes<float, V>
    where V : struct
{
    public static bool Writes => true;

    public static int ElementSize => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* destination, nint index, V x) => L.StoreBF16((ushort*)destination + index, x);

    public static bool TakesInterleaved => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleaved(void* destination, nint index, V even, V odd) =>
        L.StoreInterleavedBF16((ushort*)destination + index, even, odd);
}

/// <summary>One element of an output whose type is not the lanes'.</summary>
internal unsafe interface IElement
{
    static abstract int Size { get; }

    static abstract void Store(void* destination, nint index, double value);
}

/// <summary>An f32 element.</summary>
internal readonly unsafe struct F32Element : IElement
{
    public static int Size => sizeof(float);

    public static void Store(void* destination, nint index, double value) => ((float*)destination)[index] = (float)value;
}

/// <summary>An f64 element.</summary>
internal readonly unsafe struct F64Element : IElement
{
    public static int Size => sizeof(double);

    public static void Store(void* destination, nint index, double value) => ((double*)destination)[index] = value;
}

/// <summary>An f16 element.</summary>
internal readonly unsafe struct F16Element : IElement
{
    public static int Size => sizeof(ushort);

    public static void Store(void* destination, nint index, double value) =>
        ((ushort*)destination)[index] = BitConverter.HalfToUInt16Bits((Half)value);
}

/// <summary>A bf16 element.</summary>
internal readonly unsafe struct BF16Element : IElement
{
    public static int Size => sizeof(ushort);

    public static void Store(void* destination, nint index, double value)
    {
        uint bits = BitConverter.SingleToUInt32Bits((float)value);
        ((ushort*)destination)[index] = float.IsNaN((float)value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}

/// <summary>Results in a type other than the lanes', converted one by one.</summary>
internal readonly unsafe struct ConvertingWriter<T, L, V, E> : IBlockWriter<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where E : struct, IElement
{
    public static bool Writes => true;

    public static int ElementSize => E.Size;

    public static void Store(void* destination, nint index, V x)
    {
        T* lanes = stackalloc T[L.Count];
        L.Store(lanes, x);
        for (int i = 0; i < L.Count; i++)
        {
            E.Store(destination, index + i, typeof(T) == typeof(float) ? ((float*)lanes)[i] : ((double*)lanes)[i]);
        }
    }

    public static bool TakesInterleaved => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleaved(void* destination, nint index, V even, V odd) => throw new NotSupportedException();
}
