using System.Runtime.Intrinsics;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The compiled f64 sweeps over several policies: chosen once a batch, by width and the outputs' dtypes.</summary>
internal unsafe struct ManyKernels
{
    /// <summary>Tops and masses of each policy over a piece.</summary>
    internal delegate*<in ManyRow, nint, nint, ManyMasses*, void> Read;

    /// <summary>log Z, gradient and Hessian over a piece at a β.</summary>
    internal delegate*<in ManyRow, nint, nint, double*, ManySums*, void> Measure;

    /// <summary>Stores q over a piece.</summary>
    internal delegate*<in ManyRow, nint, nint, ManyPoint*, void*, void> Write;

    /// <summary>Stores log q over a piece.</summary>
    internal delegate*<in ManyRow, nint, nint, ManyPoint*, void*, void> WriteLog;

    internal static ManyKernels Choose(DType q, DType logQ)
    {
        if (Width.Is512)
        {
            return Chooser<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Choose(q, logQ);
        }

        return Width.Is256
            ? Chooser<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Choose(q, logQ)
            : Chooser<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Choose(q, logQ);
    }

    private static class Chooser<L, V, LF, VF>
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        internal static ManyKernels Choose(DType q, DType logQ) => new()
        {
            Read = &ManyReading<L, V, LF, VF>.Piece,
            Measure = &ManyMeasuring<L, V, LF, VF>.Piece,
            Write = q switch
            {
                DType.F64 => &ManyWriting<L, V, LF, VF, DirectWriter<double, L, V>, Weights<L, V>>.Piece,
                DType.F32 => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, F32Element>, Weights<L, V>>.Piece,
                DType.F16 => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, F16Element>, Weights<L, V>>.Piece,
                _ => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, BF16Element>, Weights<L, V>>.Piece,
            },
            WriteLog = logQ switch
            {
                DType.F64 => &ManyWriting<L, V, LF, VF, DirectWriter<double, L, V>, LogWeights<L, V>>.Piece,
                DType.F32 => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, F32Element>, LogWeights<L, V>>.Piece,
                DType.F16 => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, F16Element>, LogWeights<L, V>>.Piece,
                _ => &ManyWriting<L, V, LF, VF, ConvertingWriter<double, L, V, BF16Element>, LogWeights<L, V>>.Piece,
            },
        };
    }
}
