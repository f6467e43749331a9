using System;
using Equipoise.Vectors;

namespace Equipoise.Tests.Vectors.Measurement;

/// <summary>The loops around the functions of one width.</summary>
internal static unsafe class LaneCalls<T, L, V>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
{
    public static LaneFunctions<T> All(int bits, bool hasConversions) => new(
        $"{bits} bits", L.Count, Exp2, Exp2OfProduct, Log, hasConversions ? (ArrayConversions)(object)Conversions() : null);

    private static void Exp2(ReadOnlySpan<T> arguments, Span<T> results)
    {
        ReadOnlySpan<double> c = Exp2Polynomial.F32;
        V c5 = L.Broadcast(c[5]), c4 = L.Broadcast(c[4]), c3 = L.Broadcast(c[3]);
        V c2 = L.Broadcast(c[2]), c1 = L.Broadcast(c[1]), c0 = L.Broadcast(c[0]);
        fixed (T* x = arguments, y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.Store(y + i, L.Exp2(L.Load(x + i), c5, c4, c3, c2, c1, c0));
            }
        }
    }

    private static void Exp2OfProduct(ReadOnlySpan<T> arguments, Span<T> results)
    {
        ReadOnlySpan<double> c = L.ProductPolynomial;
        V c5 = L.Broadcast(c[5]), c4 = L.Broadcast(c[4]), c3 = L.Broadcast(c[3]);
        V c2 = L.Broadcast(c[2]), c1 = L.Broadcast(c[1]), c0 = L.Broadcast(c[0]);
        V scale = L.Broadcast(LaneFunctions.Scale), lowest = L.Broadcast(-126 / LaneFunctions.Scale);
        fixed (T* x = arguments, y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.Store(y + i, L.Exp2OfProduct(L.Load(x + i), scale, lowest, c5, c4, c3, c2, c1, c0));
            }
        }
    }

    private static void Log(ReadOnlySpan<T> arguments, Span<T> results)
    {
        fixed (T* x = arguments, y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.Store(y + i, L.Log(L.Load(x + i)));
            }
        }
    }

    private static ArrayConversions Conversions() => new(LoadF16, LoadBF16, LoadInterleavedBF16, StoreF16, StoreBF16, StoreInterleavedBF16);

    private static void LoadF16(ReadOnlySpan<ushort> arguments, Span<float> results)
    {
        fixed (ushort* x = arguments)
        fixed (float* y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.Store((T*)y + i, L.LoadF16(x + i));
            }
        }
    }

    private static void LoadBF16(ReadOnlySpan<ushort> arguments, Span<float> results)
    {
        fixed (ushort* x = arguments)
        fixed (float* y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.Store((T*)y + i, L.LoadBF16(x + i));
            }
        }
    }

    /// <summary>Even and odd elements loaded apart, and put back into their order.</summary>
    private static void LoadInterleavedBF16(ReadOnlySpan<ushort> arguments, Span<float> results)
    {
        T* even = stackalloc T[L.Count];
        T* odd = stackalloc T[L.Count];
        fixed (ushort* x = arguments)
        fixed (float* y = results)
        {
            for (int i = 0; i < arguments.Length; i += 2 * L.Count)
            {
                L.Store(even, L.LoadEvenBF16(x + i));
                L.Store(odd, L.LoadOddBF16(x + i));
                for (int lane = 0; lane < L.Count; lane++)
                {
                    ((T*)y)[i + (2 * lane)] = even[lane];
                    ((T*)y)[i + (2 * lane) + 1] = odd[lane];
                }
            }
        }
    }

    private static void StoreF16(ReadOnlySpan<float> arguments, Span<ushort> results)
    {
        fixed (float* x = arguments)
        fixed (ushort* y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.StoreF16(y + i, L.Load((T*)x + i));
            }
        }
    }

    private static void StoreBF16(ReadOnlySpan<float> arguments, Span<ushort> results)
    {
        fixed (float* x = arguments)
        fixed (ushort* y = results)
        {
            for (int i = 0; i < arguments.Length; i += L.Count)
            {
                L.StoreBF16(y + i, L.Load((T*)x + i));
            }
        }
    }

    private static void StoreInterleavedBF16(ReadOnlySpan<float> arguments, Span<ushort> results)
    {
        T* even = stackalloc T[L.Count];
        T* odd = stackalloc T[L.Count];
        fixed (float* x = arguments)
        fixed (ushort* y = results)
        {
            for (int i = 0; i < arguments.Length; i += 2 * L.Count)
            {
                for (int lane = 0; lane < L.Count; lane++)
                {
                    even[lane] = ((T*)x)[i + (2 * lane)];
                    odd[lane] = ((T*)x)[i + (2 * lane) + 1];
                }

                L.StoreInterleavedBF16(y + i, L.Load(even), L.Load(odd));
            }
        }
    }
}
