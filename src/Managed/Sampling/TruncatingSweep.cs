using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Sampling;

/// <summary>What the truncating sweeps of all sources share.</summary>
internal static class TruncatingSweep
{
    /// <summary>Tokens below 2^this have no mass in f32.</summary>
    internal const double LowestExponent = -126;
}

/// <summary>
/// <see cref="MassSweep{L, V, S}"/> for a q that is to lose its smallest tokens: sums of those that surely stay, and the few in question.
/// </summary>
internal static unsafe class TruncatingSweep<L, V, S>
    where L : struct, ILanes<float, V>
    where V : struct
    where S : struct, IBlockSource<float, L, V>
{
    /// <summary>Masses of tokens at or above High go to <paramref name="masses"/>, a chunk each.</summary>
    /// <returns>False where there are too many candidates.</returns>
    [SkipLocalsInit]
    internal static bool Run(in RowPair row, in PathPoint point, double* masses, ref Candidates candidates)
    {
        float* scratch = stackalloc float[S.IsStaged ? 2 * Blocks.Columns : 1], tail = stackalloc float[2 * S.Step];
        candidates.Clear(masses, Chunks.CountOf(row.Columns));
        int chunk = 0;
        for (nint start = 0; start < row.Columns; start += Blocks.Columns, chunk += Blocks.Columns / Chunks.Columns)
        {
            if (candidates.Count > Candidates.Capacity - (2 * Blocks.Columns))
            {
                return false;
            }

            int count = (int)nint.Min(Blocks.Columns, row.Columns - start), main = count - (count % S.Step);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            Add(theta, target, main, point, chunk, masses, ref candidates);
            if (main < count)
            {
                S.CopyTail(theta, main, count - main, tail);
                S.CopyTail(target, main, count - main, tail + S.Step);
                Add(tail, tail + S.Step, S.Step, point, chunk + (main / Chunks.Columns), masses, ref candidates);
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(void* theta, void* target, int count, in PathPoint point, int chunk, double* masses, ref Candidates candidates)
    {
        // The call first: no register of this size would outlive it.
        float lastBelow = MathF.BitDecrement((float)candidates.High);
        V below = L.Broadcast(lastBelow), low = L.Broadcast(candidates.Low), high = L.Broadcast(candidates.High);
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V c5 = L.Broadcast(point.Mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(point.Mend * Exp2Polynomial.F32[4]);
        V c3 = L.Broadcast(point.Mend * Exp2Polynomial.F32[3]), c2 = L.Broadcast(point.Mend * Exp2Polynomial.F32[2]);
        V c1 = L.Broadcast(point.Mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(point.Mend * Exp2Polynomial.F32[0]);
        V zero = L.Broadcast(0), one = L.Broadcast(1), lowest = L.Broadcast(TruncatingSweep.LowestExponent), total = zero;
        for (nint i = 0; i < count; chunk++)
        {
            nint end = nint.Min(i + Chunks.Columns, count);
            float* to = candidates.Exponents + candidates.Count;
            V mass = zero, number = zero;
            int found = 0;
            for (; i < end; i += S.Step)
            {
                V x = L.Subtract(S.LoadFirst(theta, i), thetaTop), y = L.Subtract(S.LoadFirst(target, i), targetTop);
                V e = L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), w = L.Exp2(e, c5, c4, c3, c2, c1, c0);
                total = L.Add(total, L.Select(L.IsAtMost(lowest, e), w, zero));
                mass = L.Add(mass, L.Select(L.IsAtMost(high, e), w, zero));
                number = L.Add(number, L.Select(L.IsAtMost(high, e), one, zero));
                found += L.Compress(to + found, e, L.And(L.IsAtMost(low, e), L.IsAtMost(e, below)));
                if (S.IsInterleaved)
                {
                    x = L.Subtract(S.LoadSecond(theta, i), thetaTop);
                    y = L.Subtract(S.LoadSecond(target, i), targetTop);
                    e = L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset));
                    w = L.Exp2(e, c5, c4, c3, c2, c1, c0);
                    total = L.Add(total, L.Select(L.IsAtMost(lowest, e), w, zero));
                    mass = L.Add(mass, L.Select(L.IsAtMost(high, e), w, zero));
                    number = L.Add(number, L.Select(L.IsAtMost(high, e), one, zero));
                    found += L.Compress(to + found, e, L.And(L.IsAtMost(low, e), L.IsAtMost(e, below)));
                }
            }

            double sum = L.Sum(mass);
            masses[chunk] += sum;
            candidates.AmountAbove += candidates.IsCounted ? CountOf(number, ref candidates.Above[chunk]) : sum;
            L.Store(to + found, L.Broadcast(double.NegativeInfinity));
            candidates.Count += (found + L.Count - 1) / L.Count * L.Count;
            candidates.Before[chunk + 1] = candidates.Count;
        }

        candidates.Total += L.Sum(total);
    }

    private static int CountOf(V number, ref int count)
    {
        int added = (int)L.Sum(number);
        count += added;
        return added;
    }
}
