using System;
using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Rows;

/// <summary>
/// How a pass gets at a block of a row's scores. A direct source hands out pointers into the row and converts as it loads; the staged one
/// converts
/// the block into scratch memory first, and so serves every other mix of dtypes and input kinds.
/// </summary>
internal unsafe interface IBlockSource<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    /// <summary>Where element <paramref name="begin"/> and the following of the policy can be loaded from.</summary>
    static abstract void* Theta(in RowPair row, nint begin, int count, T* scratch);

    /// <summary>The same of the target.</summary>
    static abstract void* Target(in RowPair row, nint begin, int count, T* scratch);

    /// <summary>A register of elements from <paramref name="index"/> on.</summary>
    static abstract V Load(void* block, nint index);

    /// <summary>Elements that a pass takes at a time: one register, or two where <see cref="IsInterleaved"/>.</summary>
    static virtual int Step => L.Count;

    /// <summary>The register from <paramref name="index"/> on, or the even elements of the two from there on.</summary>
    static abstract V LoadFirst(void* block, nint index);

    /// <summary>The odd elements of the two registers; only where <see cref="IsInterleaved"/>.</summary>
    static virtual V LoadSecond(void* block, nint index) => throw new NotSupportedException();

    /// <summary>Copies <paramref name="count"/> elements, fewer than a step has, and fills the rest of the step with −∞.</summary>
    static abstract void CopyTail(void* block, nint index, int count, void* tail);

    /// <summary>Bytes between elements of a block.</summary>
    static virtual int ElementSize => sizeof(T);

    /// <summary>True when scratch memory for a block is needed.</summary>
    static virtual bool IsStaged => false;

    /// <summary>A step is two registers, LoadFirst has the even elements and LoadSecond the odd ones.</summary>
    static virtual bool IsInterleaved => false;
}

/// <summary>Both policies in the lanes' own type.</summary>
internal readonly unsafe struct DirectSource<T, L, V> : IBlockSource<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Theta(in RowPair row, nint begin, int count, T* scratch) => (T*)row.Theta + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Target(in RowPair row, nint begin, int count, T* scratch) => (T*)row.Target + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(void* block, nint index) => L.Load((T*)block + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst(void* block, nint index) => Load(block, index);

    public static void CopyTail(void* block, nint index, int count, void* tail)
    {
        L.Store((T*)tail, L.Broadcast(double.NegativeInfinity));
        Unsafe.CopyBlockUnaligned(tail, (T*)block + index, (uint)(count * sizeof(T)));
    }
}

/// <summary>Both policies in f16, f32 lanes.</summary>
internal readonly unsafe struct F16Source<L, V> : IBlockSource<float, L, V>
    where L : struct, ILanes<float, V>
    where V : struct
{
    public static int ElementSize => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Theta(in RowPair row, nint begin, int count, float* scratch) => (ushort*)row.Theta + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Target(in RowPair row, nint begin, int count, float* scratch) => (ushort*)row.Target + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(void* block, nint index) => L.LoadF16((ushort*)block + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst(void* block, nint index) => Load(block, index);

    public static void CopyTail(void* block, nint index, int count, void* tail)
    {
        L.StoreF16((ushort*)tail, L.Broadcast(double.NegativeInfinity));
        Unsafe.CopyBlockUnaligned(tail, (ushort*)block + index, (uint)(count * sizeof(ushort)));
    }
}

/// <summary>Both policies in bf16, f32 lanes.</summary>
internal readonly unsafe struct BF16Source<L, V> : IBlockSource<float, L, V>
    where L : struct, ILanes<float, V>
    where V : struct
{
    public static int ElementSize => sizeof(ushort);

    public static bool IsInterleaved => true;

    public static int Step => 2 * L.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Theta(in RowPair row, nint begin, int count, float* scratch) => (ushort*)row.Theta + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Target(in RowPair row, nint begin, int count, float* scratch) => (ushort*)row.Target + begin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(void* block, nint index) => L.LoadBF16((ushort*)block + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst(void* block, nint index) => L.LoadEvenBF16((ushort*)block + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadSecond(void* block, nint index) => L.LoadOddBF16((ushort*)block + index);

    public static void CopyTail(void* block, nint index, int count, void* tail)
    {
        V masked = L.Broadcast(double.NegativeInfinity);
        L.StoreInterleavedBF16((ushort*)tail, masked, masked);
        Unsafe.CopyBlockUnaligned(tail, (ushort*)block + index, (uint)(count * sizeof(ushort)));
    }
}

/// <summary>Any mix of dtypes and any kind of scores, converted block by block into log-scores of the lanes' type.</summary>
internal readonly unsafe struct StagedSource<T, L, V, LF, VF> : IBlockSource<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    public static bool IsStaged => true;

    public static void* Theta(in RowPair row, nint begin, int count, T* scratch)
    {
        Staging<T, L, V, LF, VF>.Fetch(row.Theta, row.ThetaType, row, begin, count, scratch);
        return scratch;
    }

    public static void* Target(in RowPair row, nint begin, int count, T* scratch)
    {
        Staging<T, L, V, LF, VF>.Fetch(row.Target, row.TargetType, row, begin, count, scratch);
        return scratch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(void* block, nint index) => L.Load((T*)block + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst(void* block, nint index) => Load(block, index);

    public static void CopyTail(void* block, nint index, int count, void* tail) => DirectSource<T, L, V>.CopyTail(block, index, count, tail);
}
