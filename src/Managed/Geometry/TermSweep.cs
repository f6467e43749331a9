using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>A term summed over the common tokens, and the mass that either distribution has alone.</summary>
internal unsafe struct TermSums
{
    internal double Common;
    internal double PAlone;
    internal double QAlone;

    /// <summary>Σ q − p over the common tokens; of <see cref="NarrowTermSweep{TTerm}"/> alone.</summary>
    internal double Difference;

    internal void Add(in TermSums other)
    {
        Common += other.Common;
        PAlone += other.PAlone;
        QAlone += other.QAlone;
        Difference += other.Difference;
    }

    /// <summary>Where a piece's sums go.</summary>
    internal static TermSums* SlotOf(PieceSlot* slots, long piece) => (TermSums*)&slots[piece].Central;

    /// <summary>Those of all pieces, in their order.</summary>
    internal static TermSums Total(RowState* state)
    {
        TermSums total = default;
        for (int i = 0; i < state->PieceCount; i++)
        {
            total.Add(*SlotOf(state->Slots, i));
        }

        return total;
    }
}

/// <summary>Sums a term over a row in f64, both distributions being normalised by what the reading sweep found.</summary>
internal readonly unsafe struct TermSweep<TTerm> : IPiecePass
    where TTerm : struct, ITerm
{
    private struct Context
    {
        internal RowPair Row;
        internal double PTop;
        internal double QTop;
        internal double PLogMass;
        internal double QLogMass;
        internal double Order;
        internal PieceSlot* Slots;
    }

    /// <param name="state">Read in f64, p as theta and q as target. Its slots are taken for this sweep's sums.</param>
    /// <param name="order">The term's parameter.</param>
    /// <param name="isSwapped">p and q change places.</param>
    internal static TermSums Sum(RowState* state, double order, bool isSwapped = false)
    {
        Context context = new()
        {
            Row = state->Row,
            PTop = state->Sums.ThetaTop,
            QTop = state->Sums.TargetTop,
            PLogMass = state->ThetaLogMass,
            QLogMass = state->TargetLogMass,
            Order = order,
            Slots = state->Slots,
        };
        if (isSwapped)
        {
            context.Row = context.Row.Swapped();
            (context.PTop, context.QTop) = (context.QTop, context.PTop);
            (context.PLogMass, context.QLogMass) = (context.QLogMass, context.PLogMass);
        }

        PiecePass<TermSweep<TTerm>>.Run(state->PieceCount, state->Threads, &context);
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
        double* scratch = stackalloc double[2 * Blocks.Columns];
        TermSums total = default;
        nint end = Pieces.End(piece, context->Row.Columns);
        for (nint start = Pieces.Begin(piece); start < end; start += Blocks.Columns)
        {
            int padded = WideSweeps<L, V, LF, VF>.Stage(context->Row, start, (int)Math.Min(Blocks.Columns, end - start), scratch);
            total.Add(SumBlock<L, V>(context, scratch, scratch + Blocks.Columns, padded));
        }

        *TermSums.SlotOf(context->Slots, piece) = total;
    }

    private static TermSums SumBlock<L, V>(Context* context, double* p, double* q, int count)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V pTop = L.Broadcast(context->PTop), qTop = L.Broadcast(context->QTop), log2E = L.Broadcast(Constants.Log2E), zero = L.Broadcast(0);
        V pMass = L.Broadcast(context->PLogMass), qMass = L.Broadcast(context->QLogMass), kappa = L.Subtract(qMass, pMass);
        V pScale = L.Broadcast(context->Row.InverseTheta), qScale = L.Broadcast(context->Row.InverseTarget);
        V sum = zero, pAlone = zero, qAlone = zero;
        double order = context->Order;
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = L.Load(p + i), b = L.Load(q + i), hasP = L.IsAboveMinusInfinity(a), hasQ = L.IsAboveMinusInfinity(b), common = L.And(hasP, hasQ);
            V x = L.Select(hasP, L.Multiply(L.Subtract(a, pTop), pScale), zero), y = L.Select(hasQ, L.Multiply(L.Subtract(b, qTop), qScale), zero);
            V logP = L.Multiply(L.Subtract(x, pMass), log2E), logQ = L.Multiply(L.Subtract(y, qMass), log2E);
            V pMassHere = L.Select(hasP, Exponentials<double, L, V>.Exp2(logP), zero), qMassHere = L.Select(hasQ, Exponentials<double, L, V>.Exp2(logQ), zero);
            V t = L.Select(common, L.Subtract(L.Subtract(y, x), kappa), zero);
            sum = L.Add(sum, L.Select(common, TTerm.Of<double, L, V>(pMassHere, qMassHere, logP, logQ, t, order), zero));
            pAlone = L.Add(pAlone, L.Select(hasQ, zero, pMassHere));
            qAlone = L.Add(qAlone, L.Select(hasP, zero, qMassHere));
        }

        return new TermSums { Common = L.Sum(sum), PAlone = L.Sum(pAlone), QAlone = L.Sum(qAlone) };
    }
}
