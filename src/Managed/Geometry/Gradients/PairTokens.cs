using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Two normalised distributions of a row and a vector over its tokens, as the passes see them.</summary>
internal unsafe struct PairRow
{
    internal RowPair Row;
    internal double PTop;
    internal double QTop;
    internal double PLogMass;
    internal double QLogMass;

    /// <summary>A row of a matrix, or null for zeros.</summary>
    internal void* Vector;
    internal DType VectorType;

    /// <summary>Rows of results, or null.</summary>
    internal void* First;
    internal DType FirstType;
    internal void* Second;
    internal DType SecondType;

    /// <summary>What the pass at hand needs besides.</summary>
    internal PairFactors Factors;

    internal PieceSlot* Slots;
    internal int PieceCount;
    internal int Threads;

    /// <summary>Of a state that was read in f64, whose slots the passes take.</summary>
    internal PairRow(RowState* state)
    {
        Row = state->Row;
        PTop = state->Sums.ThetaTop;
        QTop = state->Sums.TargetTop;
        PLogMass = state->ThetaLogMass;
        QLogMass = state->TargetLogMass;
        Slots = state->Slots;
        PieceCount = state->PieceCount;
        Threads = state->Threads;
    }

    /// <summary>All three blocks in f64 from <paramref name="scratch"/> on, filled up with masked tokens.</summary>
    internal static int Stage<L, V, LF, VF>(in PairRow pair, nint begin, int count, double* scratch)
        where L : struct, ILanes<double, V>
        where V : struct
        where LF : struct, ILanes<float, VF>
        where VF : struct
    {
        int padded = WideSweeps<L, V, LF, VF>.Stage(pair.Row, begin, count, scratch);
        double* vector = scratch + (2 * Blocks.Columns);
        if (pair.Vector == null)
        {
            Unsafe.InitBlock(vector, 0, (uint)(padded * sizeof(double)));
            return padded;
        }

        RowPair raw = pair.Row with { Scores = Scores.Logits };
        Staging<double, L, V, LF, VF>.Fetch(pair.Vector, pair.VectorType, raw, begin, count, vector);
        for (int i = count; i < padded; i++)
        {
            vector[i] = 0;
        }

        return padded;
    }
}

/// <summary>The numbers of a row that results are made of.</summary>
internal struct PairFactors
{
    internal double Alpha;
    internal double LogZ;

    /// <summary>E_q[ℓ] at α.</summary>
    internal double Mean;

    /// <summary>The distributions nearly agree: E[ℓ] is summed so that its first-order terms cancel before they are rounded.</summary>
    internal bool IsNear;

    /// <summary>The vector's sum over the common tokens.</summary>
    internal double Total;

    /// <summary>What multiplies ∂α/∂scores · Var, of the mean's part and of log Z's.</summary>
    internal double OfMean;
    internal double OfLogZ;

    /// <summary>log Z at 2 − α and at −α, and what multiplies its derivatives there: of criteria that look at the ESSs.</summary>
    internal double LogZBeyond;
    internal double LogZBefore;
    internal double OfBeyond;
    internal double OfBefore;

    /// <summary>What multiplies p − q of the policy alone.</summary>
    internal double Held;

    /// <summary>1/T of each.</summary>
    internal double FirstScale;
    internal double SecondScale;
}

/// <summary>What the passes make of a register of staged scores.</summary>
internal static unsafe class PairTokens<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    /// <summary>p and q (0 where masked), log2 of both, t = log(q/p) and the vector (0 unless common), and which tokens are common.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Load(
        in PairRow row, double* scratch, nint index, out V p, out V q, out V logP, out V logQ, out V t, out V vector, out V common)
    {
        V zero = L.Broadcast(0), log2E = L.Broadcast(Constants.Log2E), pMass = L.Broadcast(row.PLogMass), qMass = L.Broadcast(row.QLogMass);
        V a = L.Load(scratch + index), b = L.Load(scratch + Blocks.Columns + index);
        V hasP = L.IsAboveMinusInfinity(a), hasQ = L.IsAboveMinusInfinity(b);
        common = L.And(hasP, hasQ);
        V x = L.Select(hasP, L.Multiply(L.Subtract(a, L.Broadcast(row.PTop)), L.Broadcast(row.Row.InverseTheta)), zero);
        V y = L.Select(hasQ, L.Multiply(L.Subtract(b, L.Broadcast(row.QTop)), L.Broadcast(row.Row.InverseTarget)), zero);
        logP = L.Multiply(L.Subtract(x, pMass), log2E);
        logQ = L.Multiply(L.Subtract(y, qMass), log2E);
        p = L.Select(hasP, Exponentials<double, L, V>.Exp2(logP), zero);
        q = L.Select(hasQ, Exponentials<double, L, V>.Exp2(logQ), zero);
        t = L.Select(common, L.Subtract(L.Subtract(y, x), L.Subtract(qMass, pMass)), zero);
        vector = L.Select(common, L.Load(scratch + (2 * Blocks.Columns) + index), zero);
    }

    /// <summary>p^α q^(1−α)/Z of the common tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V PathPoint(V logP, V logQ, V common, double alpha, double logZ)
    {
        V exponent = L.MultiplyAdd(L.Subtract(logP, logQ), L.Broadcast(alpha), logQ);
        V point = Exponentials<double, L, V>.Exp2(L.Subtract(exponent, L.Broadcast(logZ * Constants.Log2E)));
        return L.Select(common, point, L.Broadcast(0));
    }
}
