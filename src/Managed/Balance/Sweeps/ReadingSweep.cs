using System;
using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>What the reading sweep leaves for the writing sweep about a block.</summary>
[Flags]
internal enum BlockFlags : byte
{
    Plain = 0,

    /// <summary>One weight dominates the block and the block matters: sum it in f64.</summary>
    Peaked = 1,

    /// <summary>The block holds masks, or numbers that f32 sums cannot take.</summary>
    Careful = 2,
}

/// <summary>
/// The reading sweep over a piece of a row: block by block, each relative to the largest scores met so far. Ordinary blocks take the plain sums;
/// what those cannot hold falls through to the careful ones and, where f32 is too coarse, to f64.
/// </summary>
internal static unsafe class ReadingSweep<T, L, V, S, TScale>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where TScale : struct, IScale
{
    /// <summary>A weight over this share of its block's sum swamps the rest of its lane …</summary>
    private const double PeakShare = 0.2;

    /// <summary>… which matters in a block over this share of the piece so far.</summary>
    private const double BlockShare = 0.1;

    /// <returns>False when the piece holds NaN or +∞.</returns>
    [SkipLocalsInit]
    internal static bool Piece(in RowPair row, nint begin, nint end, BlockFlags* flags, ReadingSums* result)
    {
        T* scratch = stackalloc T[S.IsStaged ? 2 * Blocks.Columns : 1];
        ReadingSums total = ReadingSums.Empty, block = default;
        bool careful = false;
        for (nint start = begin; start < end; start += Blocks.Columns, flags++)
        {
            int count = (int)Math.Min(Blocks.Columns, end - start), main = count - (count % S.Step);
            void* theta = S.Theta(row, start, count, scratch), target = S.Target(row, start, count, scratch + Blocks.Columns);
            *flags = careful ? BlockFlags.Careful : BlockFlags.Plain;
            if (main > 0 && !Add(row, start, theta, target, main, ref careful, flags, ref total, ref block))
            {
                return false;
            }

            if (main < count && !AddTail(row, start + main, theta, target, main, count - main, flags, ref total, ref block))
            {
                return false;
            }
        }

        *result = total;
        return true;
    }

    [SkipLocalsInit]
    private static bool AddTail(
        in RowPair row, nint start, void* theta, void* target, int index, int count, BlockFlags* flags, ref ReadingSums total, ref ReadingSums block)
    {
        T* tail = stackalloc T[2 * S.Step];
        S.CopyTail(theta, index, count, tail);
        S.CopyTail(target, index, count, tail + S.Step);
        bool careful = true;
        BlockFlags ignored = BlockFlags.Plain;
        bool valid = Add(row, start, tail, tail + S.Step, S.Step, ref careful, &ignored, ref total, ref block);
        *flags |= ignored & BlockFlags.Peaked;
        return valid;
    }

    private static bool Add(
        in RowPair row, nint start, void* theta, void* target, int count, ref bool careful, BlockFlags* flags, ref ReadingSums total, ref ReadingSums block)
    {
        PlainReading<T, L, V, S, TScale>.Tops(theta, target, count, out double thetaTop, out double targetTop);
        if (double.IsPositiveInfinity(thetaTop) || double.IsPositiveInfinity(targetTop))
        {
            return false;
        }

        total.Raise(Math.Max(thetaTop, total.ThetaTop), Math.Max(targetTop, total.TargetTop), row.InverseTheta, row.InverseTarget);
        block.ThetaTop = total.ThetaTop;
        block.TargetTop = total.TargetTop;
        if (!careful)
        {
            PlainReading<T, L, V, S, TScale>.Sum(theta, target, count, row.InverseTheta, row.InverseTarget, ref block);
            careful = !block.IsFinite;
        }

        if (careful)
        {
            *flags |= BlockFlags.Careful;
            if (!CarefulReading<T, L, V, S>.Sum(theta, target, count, row.InverseTheta, row.InverseTarget, ref block))
            {
                return false;
            }
        }

        if (typeof(T) == typeof(float) && (!block.IsFinite || IsPeaked(row, thetaTop, targetTop, total, block)))
        {
            *flags |= BlockFlags.Peaked;
            if (!Wide.Read(row, start, (int)Math.Min(count, row.Columns - start), ref block))
            {
                return false;
            }
        }

        total.Add(block);
        return true;
    }

    private static bool IsPeaked(in RowPair row, double thetaTop, double targetTop, in ReadingSums total, in ReadingSums block) =>
        Dominates(thetaTop, total.ThetaTop, row.InverseTheta, block.ThetaMass, total.ThetaMass) ||
        Dominates(targetTop, total.TargetTop, row.InverseTarget, block.TargetMass, total.TargetMass);

    private static bool Dominates(double top, double reference, double inverse, double mass, double before) =>
        mass > BlockShare * (before + mass) && mass < 1 / PeakShare && Math.Exp((top - reference) * inverse) > PeakShare * mass;
}
