using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Sums at a point q of the path, ℓ = log(t/p): Σ q, Σ q ℓ, Σ q ℓ², and of a vector over the common tokens Σ v, Σ v ℓ.</summary>
internal struct PairSums
{
    internal double Weight;
    internal double First;
    internal double Second;
    internal double Total;
    internal double Tilted;

    internal readonly double Mean => First / Weight;

    internal readonly double Variance => System.Math.Max(0, (Second / Weight) - (Mean * Mean));

    internal void Add(in PairSums next)
    {
        Weight += next.Weight;
        First += next.First;
        Second += next.Second;
        Total += next.Total;
        Tilted += next.Tilted;
    }
}

/// <summary>Finds them, at the row's α and log Z.</summary>
internal readonly unsafe struct PairMeasuring : IPiecePass
{
    internal static PairSums Run(PairRow* row)
    {
        PiecePass<PairMeasuring>.Run(row->PieceCount, row->Threads, row);
        PairSums total = default;
        for (int i = 0; i < row->PieceCount; i++)
        {
            total.Add(*(PairSums*)&row->Slots[i].Central);
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
        PairRow* row = (PairRow*)context;
        double* scratch = stackalloc double[3 * Blocks.Columns];
        PairFactors factors = row->Factors;
        PairSums total = default;
        nint end = Pieces.End(piece, row->Row.Columns);
        for (nint start = Pieces.Begin(piece); start < end; start += Blocks.Columns)
        {
            int padded = PairRow.Stage<L, V, LF, VF>(*row, start, (int)nint.Min(Blocks.Columns, end - start), scratch);
            V weight = L.Broadcast(0), first = weight, second = weight, sum = weight, tilted = weight;
            for (nint i = 0; i < padded; i += L.Count)
            {
                PairTokens<L, V>.Load(*row, scratch, i, out V p, out V t, out V logP, out V logQ, out V l, out V vector, out V common);
                V q = PairTokens<L, V>.PathPoint(logP, logQ, common, factors.Alpha, factors.LogZ), ql = L.Multiply(q, l);
                weight = L.Add(weight, q);
                first = L.Add(first, factors.IsNear ? NearFirst<L, V>(p, t, l, ql, factors) : ql);
                second = L.MultiplyAdd(ql, l, second);
                sum = L.Add(sum, vector);
                tilted = L.MultiplyAdd(vector, l, tilted);
            }

            total.Add(new PairSums { Weight = L.Sum(weight), First = L.Sum(first), Second = L.Sum(second), Total = L.Sum(sum), Tilted = L.Sum(tilted) });
        }

        *(PairSums*)&row->Slots[piece].Central = total;
    }

    /// <summary>
    /// q ℓ less (t − p)/Z, which sums to 0: with s = 1 − α, p (s ℓ² − ψ(ℓ) + ℓ ψ(s ℓ))/Z of the second order, ψ(x) = exp(x) − 1 − x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V NearFirst<L, V>(V p, V t, V l, V ql, in PairFactors factors)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V s = L.Broadcast(1 - factors.Alpha), sl = L.Multiply(s, l), inverseZ = L.Broadcast(System.Math.Exp(-factors.LogZ));
        V rest = L.MultiplyAdd(L.Multiply(s, sl), Exponentials<double, L, V>.SecondResidue(sl), L.Subtract(s, Exponentials<double, L, V>.SecondResidue(l)));
        V near = L.Multiply(L.Multiply(p, inverseZ), L.Multiply(L.Multiply(l, l), rest));
        return L.Select(Exponentials<double, L, V>.IsSmall(l), near, L.Subtract(ql, L.Multiply(L.Subtract(t, p), inverseZ)));
    }
}
