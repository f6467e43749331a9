using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>What is stored of a token, given log2 of its weight relative to the largest one.</summary>
internal interface IManyStored<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    /// <param name="exponent">−∞ where q = 0.</param>
    /// <param name="sum">Σ of the weights relative to the largest one.</param>
    static abstract V Of(V exponent, double sum);
}

/// <summary>q.</summary>
internal readonly struct Weights<L, V> : IManyStored<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    public static V Of(V exponent, double sum)
    {
        V scale = L.Broadcast(1 / sum), lowest = L.Broadcast(Constants.LowestExponent);
        return L.Multiply(L.Exp2(L.Max(exponent, lowest), scale, scale, scale, scale, scale, scale), scale);
    }
}

/// <summary>log q.</summary>
internal readonly struct LogWeights<L, V> : IManyStored<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    public static V Of(V exponent, double sum) =>
        L.Subtract(L.Multiply(exponent, L.Broadcast(1 / Constants.Log2E)), L.Broadcast(Math.Log(sum)));
}

/// <summary>The writing sweep over several policies.</summary>
internal static unsafe class ManyWriting<L, V, LF, VF, W, TStored>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
    where W : struct, IBlockWriter<double, L, V>
    where TStored : struct, IManyStored<L, V>
{
    private const int Columns = ManyStaging<L, V, LF, VF>.Columns;

    [SkipLocalsInit]
    internal static void Piece(in ManyRow row, nint begin, nint end, ManyPoint* point, void* output)
    {
        double* scratch = stackalloc double[ManyStaging<L, V, LF, VF>.Size];
        double* exponents = stackalloc double[Columns];
        double* tail = stackalloc double[L.Count];
        V reference = L.Broadcast(point->Exponent);
        for (nint start = begin; start < end; start += Columns)
        {
            int count = (int)Math.Min(Columns, end - start), main = count - (count % L.Count);
            int padded = ManyStaging<L, V, LF, VF>.Stage(row, start, count, scratch);
            ManyStaging<L, V, LF, VF>.Exponents(row, point->Beta, scratch, padded, exponents);
            byte* destination = (byte*)output + (start * W.ElementSize);
            for (int n = 0; n < main; n += L.Count)
            {
                W.Store(destination, n, TStored.Of(L.Subtract(L.Load(exponents + n), reference), point->Weight));
            }

            if (main < count)
            {
                W.Store(tail, 0, TStored.Of(L.Subtract(L.Load(exponents + main), reference), point->Weight));
                Unsafe.CopyBlockUnaligned(destination + (main * W.ElementSize), tail, (uint)((count - main) * W.ElementSize));
            }
        }
    }
}
