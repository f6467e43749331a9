using System.Runtime.Intrinsics;
using Equipoise.Vectors;

namespace Equipoise.Rows;

/// <summary>A pass in f64 over one piece of a row, written once for every width.</summary>
internal unsafe interface IPiecePass
{
    static abstract void Piece<L, V, LF, VF>(void* context, long piece)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct;
}

/// <summary>Runs a pass over the pieces of a row, at this processor's width.</summary>
internal static unsafe class PiecePass<TPass>
    where TPass : struct, IPiecePass
{
    internal static void Run(int pieces, int threads, void* context) => Pieces.ForEach(pieces, threads, &Piece, context);

    private static void Piece(void* context, long piece)
    {
        if (Width.Is512)
        {
            TPass.Piece<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>(context, piece);
        }
        else if (Width.Is256)
        {
            TPass.Piece<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>(context, piece);
        }
        else
        {
            TPass.Piece<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>(context, piece);
        }
    }
}
