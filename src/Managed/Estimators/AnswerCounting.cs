using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Equipoise.Estimators;

/// <summary>How often each id of a prompt occurs in it: exact, and the same for every order of the ids.</summary>
internal static unsafe class AnswerCounting<T>
    where T : unmanaged, IBinaryInteger<T>, ISignedNumber<T>
{
    /// <summary>Up to here every id is compared with every other; beyond, sorting is quicker.</summary>
    internal const int LargestCompared = 256;

    /// <summary>Bytes that <see cref="Count"/> needs to work in.</summary>
    internal static nint ScratchBytes(int answers) =>
        answers <= LargestCompared
            ? 2 * (answers + Vector<T>.Count) * sizeof(T)
            : answers * (sizeof(T) + sizeof(int));

    /// <summary>
    /// counts[i] = how many of the ids equal ids[i], 0 where that is −1. Returns the ids that are not −1, or −1 where one is below that.
    /// </summary>
    internal static int Count(T* ids, int answers, int* counts, void* scratch)
    {
        if (answers <= LargestCompared)
        {
            Compare(ids, answers, counts, (T*)scratch);
        }
        else
        {
            Sort(ids, answers, counts, (T*)scratch);
        }

        return LeaveOutInvalid(ids, answers, counts);
    }

    private static void Compare(T* ids, int answers, int* counts, T* scratch)
    {
        // Whole registers: what lies behind the last id is compared too, and its count never read.
        int padded = (answers + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;
        T* copies = scratch, sums = scratch + padded;
        Unsafe.CopyBlockUnaligned(copies, ids, (uint)(answers * sizeof(T)));
        new Span<T>(copies + answers, padded - answers).Clear();
        for (int i = 0; i < padded; i += Vector<T>.Count)
        {
            Vector<T> block = Vector.Load(copies + i), sum = Vector<T>.Zero;
            for (int j = 0; j < answers; j++)
            {
                sum -= Vector.Equals(block, new Vector<T>(copies[j]));
            }

            sum.Store(sums + i);
        }

        for (int i = 0; i < answers; i++)
        {
            counts[i] = int.CreateTruncating(sums[i]);
        }
    }

    private static void Sort(T* ids, int answers, int* counts, T* sorted)
    {
        Span<T> keys = new(sorted, answers);
        Span<int> places = new(sorted + answers, answers);
        for (int i = 0; i < answers; i++)
        {
            keys[i] = ids[i];
            places[i] = i;
        }

        keys.Sort(places);
        for (int begin = 0, end; begin < answers; begin = end)
        {
            end = begin + 1;
            while (end < answers && keys[end] == keys[begin])
            {
                end++;
            }

            foreach (int place in places[begin..end])
            {
                counts[place] = end - begin;
            }
        }
    }

    private static int LeaveOutInvalid(T* ids, int answers, int* counts)
    {
        int valid = 0;
        bool isBad = false;
        for (int i = 0; i < answers; i++)
        {
            bool isValid = !T.IsNegative(ids[i]);
            isBad |= ids[i] < T.NegativeOne;
            counts[i] = isValid ? counts[i] : 0;
            valid += isValid ? 1 : 0;
        }

        return isBad ? -1 : valid;
    }
}
