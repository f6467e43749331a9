using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// The reading sweep over a piece of a row: block by block, each relative to the largest scores met so far. Ordinary blocks take the plain
/// sums;
/// what those cannot hold falls through to the careful ones and, where f32 is too coarse, to f64.
/// </summary>
internal static unsafe class ReadingSweep<T, L, V, S, TScale>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
{
    /// <summary>A weight over this share of its block's or chunk's sum swamps the rest of its lane …</summary>
    private const double PeakShare = 0.2;

    /// <summary>… which matters in one over this share of the piece so far.</summary>
    private const double BlockShare = 0.1;

    /// <returns>False when the piece holds NaN or +∞.</returns>
    [SkipLocalsInit]
    internal static bool Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, ReadingSums* result)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        T* tail = stackalloc T[2 * S.Step];
        ReadingSums total = ReadingSums.Empty;
        bool careful = false;
        for (nint start = begin; start < end; start += Blocks.Columns, flags++)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), main = count - (count % S.Step);
            Part block = new() { Start = start, Flags = flags, IsCareful = careful };
            block.Theta = S.Theta(row, start, count, scratch);
            block.Target = S.Target(row, start, count, scratch + Blocks.Columns);
            *flags = BlockFlags.Plain;
            if (main > 0 && !Add(row, block with { Count = main }, ref total))
            {
                return false;
            }

            careful = (*flags & BlockFlags.Careful) != 0;
            if (main < count)
            {
                S.CopyTail(block.Theta, main, count - main, tail);
                S.CopyTail(block.Target, main, count - main, tail + S.Step);
                Part rest = new() { Theta = tail, Target = tail + S.Step, Count = S.Step, Start = start, Column = main, Flags = flags, IsCareful = true };
                if (!Add(row, rest, ref total))
                {
                    return false;
                }

                *flags = careful ? *flags : *flags & ~BlockFlags.Careful;
            }
        }

        *result = total;
        return true;
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

    private static bool Add(in RowPair row, Part part, ref ReadingSums total)
    {
        PlainReading<T, L, V, S, TScale>.Tops(part.Theta, part.Target, part.Count, out double thetaTop, out double targetTop);
        if (double.IsPositiveInfinity(thetaTop) || double.IsPositiveInfinity(targetTop))
        {
            return false;
        }

        total.Raise(Math.Max(thetaTop, total.ThetaTop), Math.Max(targetTop, total.TargetTop), row.InverseTheta, row.InverseTarget);
        ReadingSums sums = ReadingSums.RelativeTo(total);
        if (!Sum(row, ref part, ref sums))
        {
            return false;
        }

        if (typeof(T) == typeof(float) && (!sums.IsFinite || IsPeaked(row, thetaTop, targetTop, total, sums)))
        {
            return AddChunks(row, part, ref total);
        }

        total.Add(sums);
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
            }

            total.Add(sums);
        }

        return true;
    }

    private static bool IsPeaked(in RowPair row, double thetaTop, double targetTop, in ReadingSums total, in ReadingSums sums) =>
        Dominates(thetaTop, total.ThetaTop, row.InverseTheta, sums.ThetaMass, total.ThetaMass) ||
        Dominates(targetTop, total.TargetTop, row.InverseTarget, sums.TargetMass, total.TargetMass);

    private static bool Dominates(double top, double reference, double inverse, double mass, double before) =>
        mass > BlockShare * (before + mass) && mass < 1 / PeakShare && Math.Exp((top - reference) * inverse) > PeakShare * mass;
}
