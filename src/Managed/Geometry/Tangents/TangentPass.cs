using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Sums of a pass: those of the next piece are added in the pieces' order.</summary>
internal interface ISums<TSums>
{
    static abstract TSums Empty { get; }

    void Add(in TSums next);
}

/// <summary>What a pass does with a block of a distribution and a vector.</summary>
internal unsafe interface ITangentBlock<TSums>
    where TSums : unmanaged, ISums<TSums>
{
    /// <summary>The block's results take the vector's place, and are to be stored.</summary>
    static abstract bool Writes { get; }

    static abstract void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref TSums sums)
        where L : struct, ILanes<double, V>
        where V : struct;
}

/// <summary>A pass over a distribution and a vector in f64, piece by piece.</summary>
internal readonly unsafe struct TangentPass<TBlock, TSums> : IPiecePass
    where TBlock : struct, ITangentBlock<TSums>
    where TSums : unmanaged, ISums<TSums>
{
    internal static TSums Run(TangentRow* row)
    {
        PiecePass<TangentPass<TBlock, TSums>>.Run(row->PieceCount, row->Threads, row);
        TSums total = TSums.Empty;
        for (int i = 0; i < row->PieceCount; i++)
        {
            total.Add(*(TSums*)(row->Slots + ((nint)i * TangentRow.SlotSize)));
        }

        return total;
    }

    [SkipLocalsInit]
    public static void Piece<L, V, LF, VF>(void* context, long piece)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        TangentRow* row = (TangentRow*)context;
        double* scratch = stackalloc double[2 * Blocks.Columns];
        TSums total = TSums.Empty;
        nint end = Pieces.End(piece, row->Row.Columns);
        for (nint start = Pieces.Begin(piece); start < end; start += Blocks.Columns)
        {
            int count = (int)nint.Min(Blocks.Columns, end - start);
            int padded = TangentRow.Stage<L, V, LF, VF>(*row, start, count, scratch);
            TSums sums = TSums.Empty;
            TBlock.Add<L, V>(*row, scratch, scratch + Blocks.Columns, padded, ref sums);
            total.Add(sums);
            if (TBlock.Writes)
            {
                Delivery.Store(scratch + Blocks.Columns, count, row->Destination, row->DestinationType, start);
            }
        }

        *(TSums*)(row->Slots + ((nint)piece * TangentRow.SlotSize)) = total;
    }
}
