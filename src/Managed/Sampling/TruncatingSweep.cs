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
        (candidates.Count, candidates.Total, candidates.MassAbove, candidates.CountAbove) = (0, 0, 0, 0);
        candidates.Before[0] = 0;
        Part part = new() { Point = point };
        int chunk = 0;
        for (nint start = 0; start < row.Columns; start += Blocks.Columns)
        {
            int count = (int)nint.Min(Blocks.Columns, row.Columns - start);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            for (int begin = 0; begin < count; begin += Chunks.Columns, chunk++)
            {
                if (candidates.Count > Candidates.Capacity - (2 * Chunks.Columns))
                {
                    return false;
                }

                int width = Math.Min(Chunks.Columns, count - begin), main = width - (width % S.Step);
                part.Begin(candidates);
                Add((byte*)theta + (begin * S.ElementSize), (byte*)target + (begin * S.ElementSize), main, ref part);
                if (main < width)
                {
                    S.CopyTail(theta, begin + main, width - main, tail);
                    S.CopyTail(target, begin + main, width - main, tail + S.Step);
                    Add(tail, tail + S.Step, S.Step, ref part);
                }

                masses[chunk] = part.MassAbove;
                candidates.Above[chunk] = (int)part.CountAbove;
                part.End(ref candidates);
                candidates.Before[chunk + 1] = candidates.Count;
            }
        }

        return true;
    }

    /// <summary>A chunk's sums.</summary>
    private struct Part
    {
        internal PathPoint Point;
        internal double Low;
        internal double High;
        internal float* Exponents;
        internal int Count;
        internal double Total;
        internal double MassAbove;
        internal double CountAbove;

        internal void Begin(in Candidates candidates)
        {
            (Low, High) = (candidates.Low, candidates.High);
            Exponents = candidates.Exponents + candidates.Count;
            (Count, Total, MassAbove, CountAbove) = (0, 0, 0, 0);
        }

        internal readonly void End(ref Candidates candidates)
        {
            candidates.Total += Total;
            candidates.MassAbove += MassAbove;
            candidates.CountAbove += CountAbove;
            L.Store(Exponents + Count, L.Broadcast(double.NegativeInfinity));
            candidates.Count += (Count + L.Count - 1) / L.Count * L.Count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(void* theta, void* target, int count, ref Part part)
    {
        ref readonly PathPoint point = ref part.Point;
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V c5 = L.Broadcast(point.Mend * Exp2Polynomial.F32[5]), c4 = L.Broadcast(point.Mend * Exp2Polynomial.F32[4]);
        V c3 = L.Broadcast(point.Mend * Exp2Polynomial.F32[3]), c2 = L.Broadcast(point.Mend * Exp2Polynomial.F32[2]);
        V c1 = L.Broadcast(point.Mend * Exp2Polynomial.F32[1]), c0 = L.Broadcast(point.Mend * Exp2Polynomial.F32[0]);
        V low = L.Broadcast(part.Low), high = L.Broadcast(part.High), below = L.Broadcast(MathF.BitDecrement((float)part.High));
        V zero = L.Broadcast(0), one = L.Broadcast(1), lowest = L.Broadcast(TruncatingSweep.LowestExponent), total = zero, mass = zero, number = zero;
        float* to = part.Exponents + part.Count;
        int found = 0;
        for (nint i = 0; i < count; i += S.Step)
        {
            for (int half = 0; half < (S.IsInterleaved ? 2 : 1); half++)
            {
                V x = L.Subtract(half == 0 ? S.LoadFirst(theta, i) : S.LoadSecond(theta, i), thetaTop);
                V y = L.Subtract(half == 0 ? S.LoadFirst(target, i) : S.LoadSecond(target, i), targetTop);
                V e = L.MultiplyAdd(thetaFactor, x, L.MultiplyAdd(targetFactor, y, offset)), w = L.Exp2(e, c5, c4, c3, c2, c1, c0);
                V isAbove = L.IsAtMost(high, e);
                total = L.Add(total, L.Select(L.IsAtMost(lowest, e), w, zero));
                mass = L.Add(mass, L.Select(isAbove, w, zero));
                number = L.Add(number, L.Select(isAbove, one, zero));
                found += L.Compress(to + found, e, L.And(L.IsAtMost(low, e), L.IsAtMost(e, below)));
            }
        }

        part.Count += found;
        part.Total += L.Sum(total);
        part.MassAbove += L.Sum(mass);
        part.CountAbove += L.Sum(number);
    }
}
