using System.Runtime.Intrinsics;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The compiled sweeps that serve one batch: chosen once, by width, dtypes, kind of scores and temperatures.</summary>
internal unsafe struct RowKernels
{
    internal delegate*<in RowPair, nint, nint, BlockFlags*, ReadingSums*, bool> Read;

    /// <summary>Writes q, and sums it on the way.</summary>
    internal delegate*<in RowPair, nint, nint, BlockFlags*, in PathPoint, void*, Moments*, void> Write;

    /// <summary>The same sums without writing.</summary>
    internal delegate*<in RowPair, nint, nint, BlockFlags*, in PathPoint, void*, Moments*, void> Measure;

    internal delegate*<in RowPair, nint, nint, in PathPoint, void*, void> WriteLog;

    /// <summary>Moments at several α in one reading, relative to the row's tops; of the f32 sweeps only.</summary>
    internal delegate*<in RowPair, nint, nint, BlockFlags*, in ReadingSums, double*, int, PathSums*, void> EvaluateMany;

    /// <summary>The arithmetic is f64 throughout.</summary>
    internal bool IsF64;

    /// <summary>Chooses the sweeps.</summary>
    /// <param name="theta">dtype of the policy's rows.</param>
    /// <param name="target">dtype of the target's rows.</param>
    /// <param name="scores">kind of scores.</param>
    /// <param name="isUnitScale">both temperatures are 1 in every row.</param>
    /// <param name="forceF64">f64 whatever the dtypes: the reference method.</param>
    /// <param name="q">dtype of q.</param>
    /// <param name="logQ">dtype of log q.</param>
    internal static RowKernels Choose(DType theta, DType target, Scores scores, bool isUnitScale, bool forceF64, DType q, DType logQ)
    {
        if (Width.Is512)
        {
            return Chooser<Lanes512<float>, Vector512<float>, Lanes512<double>, Vector512<double>>.Choose(
                theta, target, scores, isUnitScale, forceF64, q, logQ);
        }

        return Width.Is256
            ? Chooser<Lanes256<float>, Vector256<float>, Lanes256<double>, Vector256<double>>.Choose(
                theta, target, scores, isUnitScale, forceF64, q, logQ)
            : Chooser<Lanes128<float>, Vector128<float>, Lanes128<double>, Vector128<double>>.Choose(
                theta, target, scores, isUnitScale, forceF64, q, logQ);
    }

    /// <summary>The sweeps of a checked batch of policies.</summary>
    internal static RowKernels Choose(in Matrix theta, in Matrix target, in SolveOptions options, bool forceF64, DType q, DType logQ) =>
        Choose(theta.DType, target.DType, options.Scores, IsUnitScale(options), forceF64, q, logQ);

    private static bool IsUnitScale(in SolveOptions options) =>
        options is { RowTemperatureTheta: null, RowTemperatureTarget: null, TemperatureTheta: 1, TemperatureTarget: 1 };

    /// <summary>One readable list a dimension: precision, source, scale, writer.</summary>
    private static class Chooser<LF, VF, LD, VD>
        where LF : struct, ILanes<float, VF>
        where VF : struct
        where LD : struct, ILanes<double, VD>
        where VD : struct
    {
        internal static RowKernels Choose(DType theta, DType target, Scores scores, bool isUnitScale, bool forceF64, DType q, DType logQ)
        {
            bool isDirect = theta == target && scores != Scores.Probs;
            if (forceF64 || theta == DType.F64 || target == DType.F64)
            {
                return isDirect && theta == DType.F64
                    ? Scale64<DirectSource<double, LD, VD>>(isUnitScale, q, logQ)
                    : Scale64<StagedSource<double, LD, VD, LF, VF>>(isUnitScale, q, logQ);
            }

            return (isDirect, theta) switch
            {
                (true, DType.F32) => Scale32<DirectSource<float, LF, VF>>(isUnitScale, q, logQ),
                (true, DType.BF16) => Scale32<BF16Source<LF, VF>>(isUnitScale, q, logQ),
                (true, DType.F16) => Scale32<F16Source<LF, VF>>(isUnitScale, q, logQ),
                _ => Scale32<StagedSource<float, LF, VF, LF, VF>>(isUnitScale, q, logQ),
            };
        }

        private static RowKernels Scale32<S>(bool isUnitScale, DType q, DType logQ)
            where S : struct, IBlockSource<float, LF, VF>
        {
            RowKernels kernels = isUnitScale ? Sweeps32<S, UnitScale>(q) : Sweeps32<S, AnyScale>(q);
            kernels.WriteLog = logQ switch
            {
                DType.F32 => &LogSweep<float, LF, VF, S, DirectWriter<float, LF, VF>>.Piece,
                DType.F64 => &LogSweep<float, LF, VF, S, ConvertingWriter<float, LF, VF, F64Element>>.Piece,
                DType.F16 => &LogSweep<float, LF, VF, S, F16Writer<LF, VF>>.Piece,
                _ => &LogSweep<float, LF, VF, S, BF16Writer<LF, VF>>.Piece,
            };
            return kernels;
        }

        private static RowKernels Scale64<S>(bool isUnitScale, DType q, DType logQ)
            where S : struct, IBlockSource<double, LD, VD>
        {
            RowKernels kernels = isUnitScale ? Sweeps64<S, UnitScale>(q) : Sweeps64<S, AnyScale>(q);
            kernels.IsF64 = true;
            kernels.WriteLog = logQ switch
            {
                DType.F64 => &LogSweep<double, LD, VD, S, DirectWriter<double, LD, VD>>.Piece,
                DType.F32 => &LogSweep<double, LD, VD, S, ConvertingWriter<double, LD, VD, F32Element>>.Piece,
                DType.F16 => &LogSweep<double, LD, VD, S, ConvertingWriter<double, LD, VD, F16Element>>.Piece,
                _ => &LogSweep<double, LD, VD, S, ConvertingWriter<double, LD, VD, BF16Element>>.Piece,
            };
            return kernels;
        }

        private static RowKernels Sweeps32<S, TScale>(DType q)
            where S : struct, IBlockSource<float, LF, VF>
            where TScale : struct, IScale => new()
            {
                Read = &ReadingSweep<float, LF, VF, S, TScale>.Piece,
                EvaluateMany = &PointSweep<LF, VF, S, TScale>.Piece,
                Measure = &WritingSweep<float, LF, VF, S, TScale, NoWriter<float, LF, VF>>.Piece,
                Write = q switch
                {
                    DType.F32 => &WritingSweep<float, LF, VF, S, TScale, DirectWriter<float, LF, VF>>.Piece,
                    DType.F64 => &WritingSweep<float, LF, VF, S, TScale, ConvertingWriter<float, LF, VF, F64Element>>.Piece,
                    DType.F16 => &WritingSweep<float, LF, VF, S, TScale, F16Writer<LF, VF>>.Piece,
                    _ => &WritingSweep<float, LF, VF, S, TScale, BF16Writer<LF, VF>>.Piece,
                },
            };

        private static RowKernels Sweeps64<S, TScale>(DType q)
            where S : struct, IBlockSource<double, LD, VD>
            where TScale : struct, IScale => new()
            {
                Read = &ReadingSweep<double, LD, VD, S, TScale>.Piece,
                Measure = &WritingSweep<double, LD, VD, S, TScale, NoWriter<double, LD, VD>>.Piece,
                Write = q switch
                {
                    DType.F64 => &WritingSweep<double, LD, VD, S, TScale, DirectWriter<double, LD, VD>>.Piece,
                    DType.F32 => &WritingSweep<double, LD, VD, S, TScale, ConvertingWriter<double, LD, VD, F32Element>>.Piece,
                    DType.F16 => &WritingSweep<double, LD, VD, S, TScale, ConvertingWriter<double, LD, VD, F16Element>>.Piece,
                    _ => &WritingSweep<double, LD, VD, S, TScale, ConvertingWriter<double, LD, VD, BF16Element>>.Piece,
                },
            };
    }
}
