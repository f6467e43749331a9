using System.Runtime.Intrinsics;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>The f64 sweeps at this processor's width: for what f32 sums are too coarse for, whatever the row's dtype.</summary>
internal static unsafe class Wide
{
    /// <summary>
    /// Careful f64 sums of at most a block of columns, relative to the tops in the sums. False when an element is NaN or +∞.
    /// </summary>
    internal static readonly delegate*<in RowPair, nint, int, ref ReadingSums, bool> Read;

    /// <summary>Careful f64 moments of at most a block of columns at a point of the path.</summary>
    internal static readonly delegate*<in RowPair, nint, int, in PathPoint, Moments> Evaluate;

    /// <summary>
    /// Moments over a piece at a point, under a reference that follows the largest weight: nothing overflows, whatever α.
    /// </summary>
    internal static readonly delegate*<in RowPair, nint, nint, in PathPoint, PointSums*, void> EvaluatePiece;

    /// <summary>The same at several α, relative to the row's tops: one reading for all.</summary>
    internal static readonly delegate*<in RowPair, nint, nint, in ReadingSums, double*, int, PathSums*, void> EvaluateMany;

    /// <summary>Moments about a centre over a piece at a point.</summary>
    internal static readonly delegate*<in RowPair, nint, nint, in PathPoint, double, CentralSums*, void> CentralPiece;

    static Wide()
    {
        if (Width.Is512)
        {
            Read = &WideSweeps<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Read;
            Evaluate = &WideSweeps<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Evaluate;
            EvaluatePiece = &WideSweeps<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.EvaluatePiece;
            EvaluateMany = &WideSweeps<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.EvaluateMany;
            CentralPiece = &CentralMoments<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Piece;
        }
        else if (Width.Is256)
        {
            Read = &WideSweeps<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Read;
            Evaluate = &WideSweeps<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Evaluate;
            EvaluatePiece = &WideSweeps<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.EvaluatePiece;
            EvaluateMany = &WideSweeps<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.EvaluateMany;
            CentralPiece = &CentralMoments<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Piece;
        }
        else
        {
            Read = &WideSweeps<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Read;
            Evaluate = &WideSweeps<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Evaluate;
            EvaluatePiece = &WideSweeps<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.EvaluatePiece;
            EvaluateMany = &WideSweeps<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.EvaluateMany;
            CentralPiece = &CentralMoments<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Piece;
        }
    }
}
