using System.Runtime.Intrinsics;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Sampling;

/// <summary>The compiled sweep that sums q chunk by chunk in f32, chosen once a batch; null where f64 scores leave nothing to it.</summary>
internal unsafe struct MassKernels
{
    /// <summary>Masses of the chunks from a piece's first on.</summary>
    internal delegate*<in RowPair, nint, nint, BlockFlags*, in PathPoint, double*, void> Sum;

    /// <summary>The same, cut off at a threshold that is yet to be found.</summary>
    internal delegate*<in RowPair, in PathPoint, double*, ref Candidates, bool> Truncate;

    internal static MassKernels Choose(DType theta, DType target, Scores scores)
    {
        if (Width.Is512)
        {
            return Chooser<Lanes512<float>, Vector512<float>>.Choose(theta, target, scores);
        }

        return Width.Is256
            ? Chooser<Lanes256<float>, Vector256<float>>.Choose(theta, target, scores)
            : Chooser<Lanes128<float>, Vector128<float>>.Choose(theta, target, scores);
    }

    private static class Chooser<L, V>
        where L : struct, ILanes<float, V>
        where V : struct
    {
        internal static MassKernels Choose(DType theta, DType target, Scores scores)
        {
            if (theta == DType.F64 || target == DType.F64)
            {
                return default;
            }

            bool isDirect = theta == target && scores != Scores.Probs;
            return (isDirect, theta) switch
            {
                (true, DType.F32) => Of<DirectSource<float, L, V>>(),
                (true, DType.BF16) => Of<BF16Source<L, V>>(),
                (true, DType.F16) => Of<F16Source<L, V>>(),
                _ => Of<StagedSource<float, L, V, L, V>>(),
            };
        }

        private static MassKernels Of<S>()
            where S : struct, IBlockSource<float, L, V> => new() { Sum = &MassSweep<L, V, S>.Piece, Truncate = &TruncatingSweep<L, V, S>.Run };
    }
}
