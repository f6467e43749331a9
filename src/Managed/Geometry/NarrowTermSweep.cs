using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>
/// <see cref="TermSweep{TTerm}"/> in f32 with f64 sums, of a row without temperatures that was read in f32. t = log(q/p) is a difference of scores whose
/// rounding is carried along, so that it has all digits of f32 however small it is.
/// </summary>
internal readonly unsafe struct NarrowTermSweep<TTerm> : IPiecePass
    where TTerm : struct, INearTerm
{
    private struct Context
    {
        internal RowPair Row;
        internal double PTop;
        internal double QTop;
        internal double PUnit;
        internal double QUnit;

        /// <summary>b − a − t.</summary>
        internal double Shift;
        internal PieceSlot* Slots;
    }

    /// <param name="state">Its slots are taken for this sweep's sums.</param>
    internal static TermSums Sum(RowState* state)
    {
        Context context = new()
        {
            Row = state->Row,
            PTop = state->Sums.ThetaTop,
            QTop = state->Sums.TargetTop,
            PUnit = Math.Exp(-state->ThetaLogMass),
            QUnit = Math.Exp(-state->TargetLogMass),
            Shift = state->Sums.TargetTop - state->Sums.ThetaTop + state->Kappa,
            Slots = state->Slots,
        };
        PiecePass<NarrowTermSweep<TTerm>>.Run(state->PieceCount, state->Threads, &context);
        return TermSums.Total(state);
    }

    [SkipLocalsInit]
    public static void Piece<L, V, LF, VF>(void* argument, long piece)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        Context* context = (Context*)argument;
        float* scratch = stackalloc float[(2 * Blocks.Columns) + Blocks.ChunkColumns];
        TermSums total = default;
        nint end = Pieces.End(piece, context->Row.Columns);
        for (nint start = Pieces.Begin(piece); start < end; start += Blocks.Columns)
        {
            int padded = Staging<float, LF, VF, LF, VF>.FetchBoth(context->Row, start, (int)nint.Min(Blocks.Columns, end - start), scratch);
            for (int begin = 0; begin < padded; begin += Blocks.ChunkColumns)
            {
                float* p = scratch + begin;
                total.Add(SumChunk<LF, VF>(*context, p, p + Blocks.Columns, Math.Min(Blocks.ChunkColumns, padded - begin), scratch + (2 * Blocks.Columns)));
            }
        }

        *TermSums.SlotOf(context->Slots, piece) = total;
    }

    /// <summary>So few columns that an f32 lane's sum keeps its digits.</summary>
    private static TermSums SumChunk<L, V>(in Context context, float* p, float* q, int count, float* ratios)
        where L : struct, ILanes<float, V>
        where V : struct =>
        TakeRatios<L, V>(context, p, q, count, ratios) ? SumNear<L, V>(context, p, ratios, count) : SumAny<L, V>(context, p, q, ratios, count);

    /// <summary>t of every token; true where all are small, and none is masked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TakeRatios<L, V>(in Context context, float* scoresOfP, float* scoresOfQ, int count, float* ratios)
        where L : struct, ILanes<float, V>
        where V : struct
    {
        V shift = L.Broadcast((float)context.Shift), rest = L.Broadcast(context.Shift - (float)context.Shift), zero = L.Broadcast(0), largest = zero, poison = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V b = L.Load(scoresOfQ + i), step = Difference<L, V>(b, L.Load(scoresOfP + i), out V lost);
            V t = L.Add(L.Subtract(step, shift), L.Subtract(lost, rest));
            L.Store(ratios + i, t);
            largest = L.Max(largest, Exponentials<float, L, V>.Absolute(t));
            poison = L.MultiplyAdd(t, zero, poison);
        }

        return L.Sum(poison) == 0 && Exponentials<float, L, V>.AreSmall(L.Largest(largest));
    }

    /// <summary>One exponential a token: q is p and their difference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TermSums SumNear<L, V>(in Context context, float* scoresOfP, float* ratios, int count)
        where L : struct, ILanes<float, V>
        where V : struct
    {
        V top = L.Broadcast(context.PTop), log2E = L.Broadcast(Constants.Log2E), lowest = L.Broadcast(-126 / Constants.Log2E), zero = L.Broadcast(0);
        V c5 = L.Broadcast(L.ProductPolynomial[5]), c4 = L.Broadcast(L.ProductPolynomial[4]), c3 = L.Broadcast(L.ProductPolynomial[3]);
        V c2 = L.Broadcast(L.ProductPolynomial[2]), c1 = L.Broadcast(L.ProductPolynomial[1]), c0 = L.Broadcast(L.ProductPolynomial[0]);
        V sum = zero, difference = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V t = L.Load(ratios + i), x = Difference<L, V>(L.Load(scoresOfP + i), top, out V lost);
            V w = L.Exp2OfProduct(x, log2E, lowest, c5, c4, c3, c2, c1, c0), p = L.MultiplyAdd(w, lost, w);
            V more = L.Multiply(p, Exponentials<float, L, V>.Minus1(t));
            sum = L.Add(sum, TTerm.Near<float, L, V>(p, L.Add(p, more), t));
            difference = L.Add(difference, more);
        }

        return new TermSums { Common = context.PUnit * L.Sum(sum), Difference = context.PUnit * L.Sum(difference) };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TermSums SumAny<L, V>(in Context context, float* scoresOfP, float* scoresOfQ, float* ratios, int count)
        where L : struct, ILanes<float, V>
        where V : struct
    {
        V pTop = L.Broadcast(context.PTop), qTop = L.Broadcast(context.QTop), pUnit = L.Broadcast(context.PUnit), qUnit = L.Broadcast(context.QUnit);
        V log2E = L.Broadcast(Constants.Log2E), lowest = L.Broadcast(-126 / Constants.Log2E), zero = L.Broadcast(0);
        V c5 = L.Broadcast(L.ProductPolynomial[5]), c4 = L.Broadcast(L.ProductPolynomial[4]), c3 = L.Broadcast(L.ProductPolynomial[3]);
        V c2 = L.Broadcast(L.ProductPolynomial[2]), c1 = L.Broadcast(L.ProductPolynomial[1]), c0 = L.Broadcast(L.ProductPolynomial[0]);
        V sum = zero, difference = zero, pAlone = zero, qAlone = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(scoresOfP + i), b = L.Load(scoresOfQ + i);
            V hasP = L.IsAboveMinusInfinity(a), hasQ = L.IsAboveMinusInfinity(b), common = L.And(hasP, hasQ);
            V x = Difference<L, V>(a, pTop, out V lostOfP), y = Difference<L, V>(b, qTop, out V lostOfQ);
            V p = L.Exp2OfProduct(x, log2E, lowest, c5, c4, c3, c2, c1, c0), q = L.Exp2OfProduct(y, log2E, lowest, c5, c4, c3, c2, c1, c0);
            p = L.Select(hasP, L.Multiply(L.MultiplyAdd(p, lostOfP, p), pUnit), zero);
            q = L.Select(hasQ, L.Multiply(L.MultiplyAdd(q, lostOfQ, q), qUnit), zero);
            V t = L.Select(common, L.Load(ratios + i), zero);
            sum = L.Add(sum, L.Select(common, TTerm.Of<float, L, V>(p, q, zero, zero, t, 1), zero));
            difference = L.Add(difference, L.Select(common, Exponentials<float, L, V>.Difference(p, q, t), zero));
            pAlone = L.Add(pAlone, L.Select(hasQ, zero, p));
            qAlone = L.Add(qAlone, L.Select(hasP, zero, q));
        }

        return new TermSums { Common = L.Sum(sum), Difference = L.Sum(difference), PAlone = L.Sum(pAlone), QAlone = L.Sum(qAlone) };
    }

    /// <summary>x − y, and what rounding took off it (Knuth).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Difference<L, V>(V x, V y, out V lost)
        where L : struct, ILanes<float, V>
        where V : struct
    {
        V difference = L.Subtract(x, y), back = L.Add(difference, y);
        lost = L.Subtract(L.Subtract(x, back), L.Add(y, L.Subtract(difference, back)));
        return difference;
    }
}
