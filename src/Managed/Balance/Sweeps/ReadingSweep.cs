using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The reading sweep over a piece of a row: block by block, each relative to the largest scores met so far. Ordinary blocks take the plain
/// sums; what those cannot hold falls through to the careful ones and, where f32 is too coarse, to f64. Whether a block that one token
/// dominates matters is known at the piece's end only: such a block waits.
/// </summary>
internal static unsafe class ReadingSweep<T, L, V, S, TScale>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
{
    /// <summary>In a block's place: a tail lies where the next block's tail will be, so it is done with at once.</summary>
    private const int NeverWaits = -1;

    /// <returns>False when the piece holds NaN or +∞.</returns>
    [SkipLocalsInit]
    internal static bool Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, ReadingSums* result)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        T* tail = stackalloc T[2 * S.Step];
        ReadingSums* waiting = stackalloc ReadingSums[Blocks.InPiece];
        Progress piece = new() { Row = row, Begin = begin, End = end, Flags = flags, Scratch = scratch, Tail = tail, Waiting = waiting, Total = ReadingSums.Empty };
        for (int block = 0; begin + (block * Blocks.Columns) < end; block++)
        {
            if (!AddBlock(ref piece, block))
            {
                return false;
            }
        }

        bool isValid = piece.AreWaiting == 0 || AddWaiting(ref piece);
        *result = piece.Total;
        return isValid;
    }

    private struct Progress
    {
        internal RowPair Row;
        internal nint Begin;
        internal nint End;
        internal BlockFlags* Flags;
        internal T* Scratch;
        internal T* Tail;
        internal ReadingSums Total;

        /// <summary>The latest block was careful; the next one will be, too, in all likelihood.</summary>
        internal bool IsCareful;

        /// <summary>One bit a block, and the plain sums of those whose bit is set.</summary>
        internal uint AreWaiting;
        internal ReadingSums* Waiting;
    }

    /// <summary>A run of columns within a block; a tail lies apart from its row, filled up with −∞.</summary>
    private struct Part
    {
        internal void* Theta;
        internal void* Target;

        /// <summary>Columns, a multiple of the source's step.</summary>
        internal int Count;

        /// <summary>The block's first column in the row, and the run's in the block.</summary>
        internal nint Start;
        internal int Column;

        internal BlockFlags* Flags;
        internal bool IsCareful;
    }

    private static bool AddBlock(ref Progress piece, int block)
    {
        Part part = Fetch(piece, block);
        int count = part.Count, main = count - (count % S.Step);
        *part.Flags = BlockFlags.Plain;
        if (main > 0 && !Add(ref piece, part with { Count = main }, block))
        {
            return false;
        }

        piece.IsCareful = (*part.Flags & BlockFlags.Careful) != 0;
        return main == count || AddTail(ref piece, part, main);
    }

    private static Part Fetch(in Progress piece, int block)
    {
        nint start = piece.Begin + (block * Blocks.Columns);
        int count = (int)Math.Min(Blocks.Columns, piece.End - start);
        return new Part
        {
            Theta = S.Theta(piece.Row, start, count, piece.Scratch),
            Target = S.Target(piece.Row, start, count, piece.Scratch + Blocks.Columns),
            Start = start,
            Count = count,
            Flags = piece.Flags + block,
            IsCareful = piece.IsCareful,
        };
    }

    private static bool AddTail(ref Progress piece, in Part block, int main)
    {
        S.CopyTail(block.Theta, main, block.Count - main, piece.Tail);
        S.CopyTail(block.Target, main, block.Count - main, piece.Tail + S.Step);
        Part tail = block with { Theta = piece.Tail, Target = piece.Tail + S.Step, Count = S.Step, Column = main, IsCareful = true };
        bool isValid = Add(ref piece, tail, NeverWaits);
        *block.Flags = piece.IsCareful ? *block.Flags : *block.Flags & ~BlockFlags.Careful;
        return isValid;
    }

    private static bool Add(ref Progress piece, Part part, int block)
    {
        ref readonly RowPair row = ref piece.Row;
        PlainReading<T, L, V, S, TScale>.Tops(part.Theta, part.Target, part.Count, out double thetaTop, out double targetTop);
        if (double.IsPositiveInfinity(thetaTop) || double.IsPositiveInfinity(targetTop))
        {
            return false;
        }

        ref ReadingSums total = ref piece.Total;
        total.Raise(Math.Max(thetaTop, total.ThetaTop), Math.Max(targetTop, total.TargetTop), row.InverseTheta, row.InverseTarget);
        ReadingSums sums = ReadingSums.RelativeTo(total);
        if (!Sum(row, ref part, ref sums))
        {
            return false;
        }

        bool isPeaked = typeof(T) == typeof(float) && IsPeaked(row, thetaTop, targetTop, total, sums);
        if (typeof(T) == typeof(float) && (!sums.IsFinite || (isPeaked && block == NeverWaits)))
        {
            return AddChunks(row, part, ref total);
        }

        if (isPeaked)
        {
            piece.AreWaiting |= 1u << block;
            piece.Waiting[block] = sums;
            return true;
        }

        total.Add(sums);
        return true;
    }

    /// <summary>The blocks that one token dominates, now that the piece's mass is known: those that matter once more, chunk by chunk.</summary>
    private static bool AddWaiting(ref Progress piece)
    {
        ref ReadingSums total = ref piece.Total;
        double theta = total.ThetaMass, target = total.TargetMass;
        for (uint left = piece.AreWaiting; left != 0; left &= left - 1)
        {
            ref ReadingSums sums = ref piece.Waiting[BitOperations.TrailingZeroCount(left)];
            sums.Raise(total.ThetaTop, total.TargetTop, piece.Row.InverseTheta, piece.Row.InverseTarget);
            theta += sums.ThetaMass;
            target += sums.TargetMass;
        }

        for (uint left = piece.AreWaiting; left != 0; left &= left - 1)
        {
            int block = BitOperations.TrailingZeroCount(left);
            ref ReadingSums sums = ref piece.Waiting[block];
            if (sums.ThetaMass > Peaks.BlockShare * theta || sums.TargetMass > Peaks.BlockShare * target)
            {
                Part part = Fetch(piece, block);
                part.Count -= part.Count % S.Step;
                part.IsCareful = (*part.Flags & BlockFlags.Careful) != 0;
                if (!AddChunks(piece.Row, part, ref total))
                {
                    return false;
                }
            }
            else
            {
                total.Add(sums);
            }
        }

        return true;
    }

    /// <summary>Plain sums; careful ones where those are not finite.</summary>
    private static bool Sum(in RowPair row, ref Part part, ref ReadingSums sums)
    {
        if (!part.IsCareful)
        {
            PlainReading<T, L, V, S, TScale>.Sum(part.Theta, part.Target, part.Count, row.InverseTheta, row.InverseTarget, ref sums);
            part.IsCareful = !sums.IsFinite;
        }

        if (!part.IsCareful)
        {
            return true;
        }

        *part.Flags |= BlockFlags.Careful;
        return CarefulReading<T, L, V, S>.Sum(part.Theta, part.Target, part.Count, row.InverseTheta, row.InverseTarget, ref sums);
    }

    /// <summary>The same columns chunk by chunk, in f64 where a chunk is peaked or beyond f32.</summary>
    private static bool AddChunks(in RowPair row, in Part part, ref ReadingSums total)
    {
        for (int begin = 0; begin < part.Count; begin += Blocks.ChunkColumns)
        {
            Part chunk = part with { Count = Math.Min(Blocks.ChunkColumns, part.Count - begin), Column = part.Column + begin };
            chunk.Theta = (byte*)part.Theta + (begin * S.ElementSize);
            chunk.Target = (byte*)part.Target + (begin * S.ElementSize);
            PlainReading<T, L, V, S, TScale>.Tops(chunk.Theta, chunk.Target, chunk.Count, out double thetaTop, out double targetTop);
            ReadingSums sums = ReadingSums.RelativeTo(total);
            if (!Sum(row, ref chunk, ref sums))
            {
                return false;
            }

            if (!sums.IsFinite || IsPeaked(row, thetaTop, targetTop, total, sums))
            {
                *part.Flags |= BlockFlagsExtensions.ChunkAt(chunk.Column);
                nint start = part.Start + chunk.Column;
                if (!Wide.Read(row, start, (int)Math.Min(chunk.Count, row.Columns - start), ref sums))
                {
                    return false;
                }

                sums.ThetaWide = sums.ThetaMass;
                sums.TargetWide = sums.TargetMass;
            }

            total.Add(sums);
        }

        return true;
    }

    private static bool IsPeaked(in RowPair row, double thetaTop, double targetTop, in ReadingSums total, in ReadingSums sums) =>
        Dominates(thetaTop, total.ThetaTop, row.InverseTheta, sums.ThetaMass, total.ThetaMass) ||
        Dominates(targetTop, total.TargetTop, row.InverseTarget, sums.TargetMass, total.TargetMass);

    private static bool Dominates(double top, double reference, double inverse, double mass, double before) =>
        mass > Peaks.BlockShare * (before + mass) && mass < 1 / Peaks.Share && Math.Exp((top - reference) * inverse) > Peaks.Share * mass;
}
