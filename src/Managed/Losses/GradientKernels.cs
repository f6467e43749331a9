using System.Runtime.Intrinsics;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Losses;

/// <summary>The compiled backward sweeps that serve one batch, by width and dtypes.</summary>
internal readonly unsafe struct GradientKernels
{
    /// <summary>In f32 where the inputs allow it …</summary>
    internal readonly delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> Write;

    /// <summary>… and in f64, for points whose exponents f32 cannot hold.</summary>
    internal readonly delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> WriteWide;

    private GradientKernels(
        delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> write,
        delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> wide)
    {
        Write = write == null ? wide : write;
        WriteWide = wide;
    }

    internal static GradientKernels Choose(DType theta, DType target, DType gradient)
    {
        if (Width.Is512)
        {
            return Chooser<Lanes512<float>, Vector512<float>, Lanes512<double>, Vector512<double>>.Choose(theta, target, gradient);
        }

        return Width.Is256
            ? Chooser<Lanes256<float>, Vector256<float>, Lanes256<double>, Vector256<double>>.Choose(theta, target, gradient)
            : Chooser<Lanes128<float>, Vector128<float>, Lanes128<double>, Vector128<double>>.Choose(theta, target, gradient);
    }

    private static class Chooser<LF, VF, LD, VD>
        where LF : struct, ILanes<float, VF>
        where VF : struct
        where LD : struct, ILanes<double, VD>
        where VD : struct
    {
        internal static GradientKernels Choose(DType theta, DType target, DType gradient)
        {
            var wide = Wide(gradient);
            if (theta == DType.F64 || target == DType.F64)
            {
                return new GradientKernels(null, wide);
            }

            return (theta, target) == (DType.F32, DType.F32)
                ? new GradientKernels(Narrow<DirectSource<float, LF, VF>>(gradient), wide)
                : new GradientKernels(Narrow<StagedSource<float, LF, VF, LF, VF>>(gradient), wide);
        }

        private static delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> Narrow<S>(DType gradient)
            where S : struct, IBlockSource<float, LF, VF> => gradient switch
            {
                DType.F32 => &Sweep<float, LF, VF, S, DirectWriter<float, LF, VF>>.Piece,
                DType.F64 => &Sweep<float, LF, VF, S, ConvertingWriter<float, LF, VF, F64Element>>.Piece,
                DType.F16 => &Sweep<float, LF, VF, S, F16Writer<LF, VF>>.Piece,
                _ => &Sweep<float, LF, VF, S, BF16Writer<LF, VF>>.Piece,
            };

        private static delegate*<in RowPair, nint, nint, in GradientPoint, void*, void> Wide(DType gradient) => gradient switch
        {
            DType.F64 => &Sweep<double, LD, VD, StagedSource<double, LD, VD, LF, VF>, DirectWriter<double, LD, VD>>.Piece,
            DType.F32 => &Sweep<double, LD, VD, StagedSource<double, LD, VD, LF, VF>, ConvertingWriter<double, LD, VD, F32Element>>.Piece,
            DType.F16 => &Sweep<double, LD, VD, StagedSource<double, LD, VD, LF, VF>, ConvertingWriter<double, LD, VD, F16Element>>.Piece,
            _ => &Sweep<double, LD, VD, StagedSource<double, LD, VD, LF, VF>, ConvertingWriter<double, LD, VD, BF16Element>>.Piece,
        };
    }

    private static class Sweep<T, L, V, S, W>
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
        where S : struct, IBlockSource<T, L, V>
        where W : struct, IBlockWriter<T, L, V>
    {
        internal static void Piece(in RowPair row, nint begin, nint end, in GradientPoint point, void* gradient) =>
            MappingSweep<T, L, V, S, W, GradientWriting<T, L, V, S, W>, GradientPoint>.Piece(row, begin, end, point, gradient);
    }
}
