using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>What is written of a register of tokens, as <see cref="PairTokens{L, V}"/> has them: one result or two.</summary>
internal interface IPairResult
{
    static abstract void Of<L, V>(V p, V q, V logP, V logQ, V t, V vector, V common, in PairFactors factors, out V first, out V second)
        where L : struct, ILanes<double, V>
        where V : struct;
}

/// <summary>Writes one row, or two, of results of a pair of distributions.</summary>
internal readonly unsafe struct PairWriting<TResult> : IPiecePass
    where TResult : struct, IPairResult
{
    internal static void Run(PairRow* row) => PiecePass<PairWriting<TResult>>.Run(row->PieceCount, row->Threads, row);

    [SkipLocalsInit]
    public static void Piece<L, V, LF, VF>(void* context, long piece)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        PairRow* row = (PairRow*)context;
        double* scratch = stackalloc double[3 * Blocks.Columns];
        PairFactors factors = row->Factors;
        nint end = Pieces.End(piece, row->Row.Columns);
        for (nint start = Pieces.Begin(piece); start < end; start += Blocks.Columns)
        {
            int count = (int)nint.Min(Blocks.Columns, end - start), padded = PairRow.Stage<L, V, LF, VF>(*row, start, count, scratch);
            for (nint i = 0; i < padded; i += L.Count)
            {
                PairTokens<L, V>.Load(*row, scratch, i, out V p, out V q, out V logP, out V logQ, out V t, out V vector, out V common);
                TResult.Of<L, V>(p, q, logP, logQ, t, vector, common, factors, out V first, out V second);
                L.Store(scratch + i, first);
                L.Store(scratch + Blocks.Columns + i, second);
            }

            if (row->First != null)
            {
                Delivery.Store(scratch, count, row->First, row->FirstType, start);
            }

            if (row->Second != null)
            {
                Delivery.Store(scratch + Blocks.Columns, count, row->Second, row->SecondType, start);
            }
        }
    }
}
