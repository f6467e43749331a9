using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Equipoise.Vectors;

namespace Equipoise.Sampling;

/// <summary>
/// Tokens whose f32 exponents are in [Low, High), between which a threshold is sought, chunk after chunk; of what is above only sums. Runs
/// of a chunk's exponents end at a whole register, filled up with −∞.
/// </summary>
internal unsafe struct Candidates
{
    /// <summary>Exponents that there is room for.</summary>
    internal const int Capacity = 1 << 14;

    internal double Low;
    internal double High;

    /// <summary>What is above High is counted chunk by chunk, too.</summary>
    internal bool IsCounted;

    /// <summary>[capacity] exponents, and their weights.</summary>
    internal float* Exponents;
    internal float* Weights;

    /// <summary>[chunks + 1] candidates before each chunk.</summary>
    internal int* Before;

    /// <summary>[chunks] tokens at or above High.</summary>
    internal int* Above;

    /// <summary>[chunks] room for the chunks on the edge.</summary>
    internal int* Edges;

    internal int Count;

    /// <summary>The mass of the whole row, and the mass, or the number, of the tokens at or above High.</summary>
    internal double Total;
    internal double AmountAbove;

    /// <summary>[capacity] room for some of the candidates.</summary>
    internal float* KeptExponents;
    internal float* KeptWeights;

    internal static nint SizeOf(int chunks) => (4 * (nint)Capacity * sizeof(float)) + (((3 * chunks) + 2) * (nint)sizeof(int));

    internal void Use(byte* memory, int chunks)
    {
        Exponents = (float*)memory;
        Weights = Exponents + Capacity;
        KeptExponents = Weights + Capacity;
        KeptWeights = KeptExponents + Capacity;
        Before = (int*)(KeptWeights + Capacity);
        Above = Before + chunks + 1;
        Edges = Above + chunks;
    }

    internal void Clear(double* masses, int chunks)
    {
        (Count, Total, AmountAbove) = (0, 0, 0);
        new Span<double>(masses, chunks).Clear();
        new Span<int>(Before, chunks + 1).Clear();
        new Span<int>(Above, chunks).Clear();
    }

    /// <summary>2^exponent of so many.</summary>
    internal static readonly delegate*<float*, float*, int, void> Weigh;

    /// <summary>The weights of exponents that are at least the bound, summed.</summary>
    internal static readonly delegate*<float*, float*, int, double, double> SumFrom;

    /// <summary>The largest of so many exponents.</summary>
    internal static readonly delegate*<float*, int, double> Largest;

    /// <summary>Adds to each of so many chunks' masses the weights of its candidates that are at least the bound.</summary>
    internal static readonly delegate*<in Candidates, double*, int, double, void> AddTo;

    /// <summary>The chunks of candidates in the range, each once, to <see cref="Edges"/>; how many.</summary>
    internal static readonly delegate*<in Candidates, double, double, int> FindEdges;

    /// <summary>Moves candidates of [low, high) to <see cref="KeptExponents"/>, with their weights, filled up; how many these are.</summary>
    internal static readonly delegate*<in Candidates, float*, float*, int, double, double, int> Keep;

    static Candidates()
    {
        if (Width.Is512)
        {
            Weigh = &At<Lanes512<float>, Vector512<float>>.Weigh;
            SumFrom = &At<Lanes512<float>, Vector512<float>>.SumFrom;
            Largest = &At<Lanes512<float>, Vector512<float>>.Largest;
            AddTo = &At<Lanes512<float>, Vector512<float>>.AddTo;
            FindEdges = &At<Lanes512<float>, Vector512<float>>.FindEdges;
            Keep = &At<Lanes512<float>, Vector512<float>>.Keep;
        }
        else if (Width.Is256)
        {
            Weigh = &At<Lanes256<float>, Vector256<float>>.Weigh;
            SumFrom = &At<Lanes256<float>, Vector256<float>>.SumFrom;
            Largest = &At<Lanes256<float>, Vector256<float>>.Largest;
            AddTo = &At<Lanes256<float>, Vector256<float>>.AddTo;
            FindEdges = &At<Lanes256<float>, Vector256<float>>.FindEdges;
            Keep = &At<Lanes256<float>, Vector256<float>>.Keep;
        }
        else
        {
            Weigh = &At<Lanes128<float>, Vector128<float>>.Weigh;
            SumFrom = &At<Lanes128<float>, Vector128<float>>.SumFrom;
            Largest = &At<Lanes128<float>, Vector128<float>>.Largest;
            AddTo = &At<Lanes128<float>, Vector128<float>>.AddTo;
            FindEdges = &At<Lanes128<float>, Vector128<float>>.FindEdges;
            Keep = &At<Lanes128<float>, Vector128<float>>.Keep;
        }
    }

    private static class At<L, V>
        where L : struct, ILanes<float, V>
        where V : struct
    {
        internal static void Weigh(float* exponents, float* weights, int count)
        {
            V c5 = L.Broadcast(Exp2Polynomial.F32[5]), c4 = L.Broadcast(Exp2Polynomial.F32[4]), c3 = L.Broadcast(Exp2Polynomial.F32[3]);
            V c2 = L.Broadcast(Exp2Polynomial.F32[2]), c1 = L.Broadcast(Exp2Polynomial.F32[1]), c0 = L.Broadcast(Exp2Polynomial.F32[0]);
            V lowest = L.Broadcast(TruncatingSweep.LowestExponent), zero = L.Broadcast(0);
            for (nint i = 0; i < count; i += L.Count)
            {
                V e = L.Load(exponents + i);
                L.Store(weights + i, L.Select(L.IsAtMost(lowest, e), L.Exp2(L.Max(e, lowest), c5, c4, c3, c2, c1, c0), zero));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        internal static double SumFrom(float* exponents, float* weights, int count, double bound)
        {
            V from = L.Broadcast(bound), zero = L.Broadcast(0), first = zero, second = zero, third = zero, fourth = zero;
            nint i = 0;
            for (; i <= count - (4 * L.Count); i += 4 * L.Count)
            {
                first = L.Add(first, Taken(exponents, weights, i, from, zero));
                second = L.Add(second, Taken(exponents, weights, i + L.Count, from, zero));
                third = L.Add(third, Taken(exponents, weights, i + (2 * L.Count), from, zero));
                fourth = L.Add(fourth, Taken(exponents, weights, i + (3 * L.Count), from, zero));
            }

            for (; i < count; i += L.Count)
            {
                first = L.Add(first, Taken(exponents, weights, i, from, zero));
            }

            return L.Sum(L.Add(L.Add(first, second), L.Add(third, fourth)));
        }

        internal static double Largest(float* exponents, int count)
        {
            V largest = L.Broadcast(double.NegativeInfinity);
            for (nint i = 0; i < count; i += L.Count)
            {
                largest = L.Max(largest, L.Load(exponents + i));
            }

            return L.Largest(largest);
        }

        internal static void AddTo(in Candidates candidates, double* masses, int chunks, double bound)
        {
            V from = L.Broadcast(bound), zero = L.Broadcast(0);
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                V sum = zero;
                for (nint i = candidates.Before[chunk]; i < candidates.Before[chunk + 1]; i += L.Count)
                {
                    sum = L.Add(sum, Taken(candidates.Exponents, candidates.Weights, i, from, zero));
                }

                masses[chunk] += L.Sum(sum);
            }
        }

        internal static int Keep(in Candidates candidates, float* exponents, float* weights, int count, double low, double high)
        {
            V from = L.Broadcast(low), below = L.Broadcast(MathF.BitDecrement((float)high));
            int kept = 0;
            for (nint i = 0; i < count; i += L.Count)
            {
                V e = L.Load(exponents + i), w = L.Load(weights + i), inside = L.And(L.IsAtMost(from, e), L.IsAtMost(e, below));
                _ = L.Compress(candidates.KeptWeights + kept, w, inside);
                kept += L.Compress(candidates.KeptExponents + kept, e, inside);
            }

            L.Store(candidates.KeptExponents + kept, L.Broadcast(double.NegativeInfinity));
            return (kept + L.Count - 1) / L.Count * L.Count;
        }

        internal static int FindEdges(in Candidates candidates, double low, double high)
        {
            V from = L.Broadcast(low), to = L.Broadcast(high);
            float* inside = stackalloc float[L.Count];
            int found = 0, chunk = 0;
            for (int i = 0; i < candidates.Count; i += L.Count)
            {
                V e = L.Load(candidates.Exponents + i);
                if (L.Compress(inside, e, L.And(L.IsAtMost(from, e), L.IsAtMost(e, to))) > 0)
                {
                    while (candidates.Before[chunk + 1] <= i)
                    {
                        chunk++;
                    }

                    if (found == 0 || candidates.Edges[found - 1] != chunk)
                    {
                        candidates.Edges[found++] = chunk;
                    }
                }
            }

            return found;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Taken(float* exponents, float* weights, nint i, V from, V zero) =>
            L.Select(L.IsAtMost(from, L.Load(exponents + i)), L.Load(weights + i), zero);
    }
}
