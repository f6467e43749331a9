using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>What a row is measured at in one reading.</summary>
internal struct ThreePoints
{
    internal PathSums First;
    internal PathSums Second;
    internal PathSums Third;
}

/// <summary>Room for one piece's sums, so that workers never share a slot.</summary>
internal struct PieceSlot
{
    internal ReadingSums Reading;
    internal Moments Moments;
    internal PointSums Point;
    internal CentralSums Central;
    internal ThreePoints Points;
    internal bool IsValid;
}

/// <summary>
/// One row while it is solved: its sweeps, each run over the row's pieces by one worker or by several, and added in the pieces' order.
/// </summary>
internal unsafe struct RowState
{
    internal RowPair Row;
    internal RowKernels Kernels;
    internal BlockFlags* Flags;
    internal PieceSlot* Slots;
    internal void* Room;
    internal int PieceCount;

    /// <summary>Workers that may share this row's sweeps.</summary>
    internal int Threads;

    /// <summary>Probabilities and log-probabilities are renormalised when their mass is this close to 1.</summary>
    private const double LargestMassError = 1e-3;

    /// <summary>Points that a reading can measure.</summary>
    internal const int MostPoints = 3;

    /// <summary>log2 of the normaliser beyond which f32 exponents are too coarse.</summary>
    private const double LargestOffsetF32 = 48;

    /// <summary>Of the whole row.</summary>
    internal ReadingSums Sums;

    /// <summary>log of each policy's mass, relative to its top, in nats.</summary>
    internal double ThetaLogMass;

    internal double TargetLogMass;

    /// <summary>Var_q[ℓ] at the latest point of <see cref="Newton"/>.</summary>
    internal double LastVariance;

    private PathPoint point;
    private double centre;
    private double* alphas;
    private int points;
    private void* destination;

    /// <summary>E_q[d] at which E_q[ℓ] = 0.</summary>
    internal readonly double Kappa => TargetLogMass - ThetaLogMass;

    /// <summary>A token is masked in one policy and not in the other.</summary>
    internal readonly bool SupportsDiffer => Sums.ThetaAlone || Sums.TargetAlone;

    /// <summary>How much of the mass of either policy was summed in f32, after an f32 reading.</summary>
    internal readonly double PlainShare => 1 - Math.Min(Sums.ThetaWide / Sums.ThetaMass, Sums.TargetWide / Sums.TargetMass);

    /// <summary>The normaliser log Σ exp(α x + (1−α) y) that belongs to a value of log Z, relative to the tops.</summary>
    internal readonly double Normaliser(double alpha, double logZ) => logZ + (alpha * ThetaLogMass) + ((1 - alpha) * TargetLogMass);

    internal readonly PathPoint PointAt(double alpha, double logZ) => new(
        Row, Sums.ThetaTop, Sums.TargetTop, alpha, Normaliser(alpha, logZ));

    /// <summary>The point with unnormalised weights exp(α x + (1−α) y).</summary>
    internal readonly PathPoint PointAt(double alpha) => new(Row, Sums.ThetaTop, Sums.TargetTop, alpha, 0);

    /// <summary>
    /// The sweeps' arithmetic can hold a point: in f32, exponents that a large offset cancels would lose q's last digits.
    /// </summary>
    internal readonly bool Holds(in PathPoint at) => Kernels.IsF64 || Math.Abs(at.Offset) < LargestOffsetF32;

    /// <summary>A row's state in this thread's workspace, with <paramref name="room"/> bytes for what a caller sums besides.</summary>
    internal static RowState Rent(nint columns, in RowKernels kernels, int threads, nint room = 0)
    {
        nint blocks = (columns + Blocks.Columns - 1) / Blocks.Columns, pieces = (columns + Blocks.PieceColumns - 1) / Blocks.PieceColumns;
        byte* memory = (byte*)Workspace.Rent((pieces * sizeof(PieceSlot)) + room + (blocks * sizeof(BlockFlags)));
        return new RowState
        {
            Kernels = kernels,
            Slots = (PieceSlot*)memory,
            Room = memory + (pieces * sizeof(PieceSlot)),
            Flags = (BlockFlags*)(memory + (pieces * sizeof(PieceSlot)) + room),
            PieceCount = (int)pieces,
            Threads = threads,
        };
    }

    /// <summary>
    /// Log-probabilities and probabilities must sum to 1 before any temperature. Without one the reading sweep sees to it; with one, this
    /// is a sweep
    /// of its own. False for NaN and +∞, too.
    /// </summary>
    internal static bool HasUnitMass(RowState* state)
    {
        RowPair row = state->Row;
        if (row.Scores == Scores.Logits || (row.InverseTheta == 1 && row.InverseTarget == 1))
        {
            return true;
        }

        state->Row.InverseTheta = state->Row.InverseTarget = 1;
        bool isValid = Read(state);
        state->Row = row;
        return isValid;
    }

    /// <summary>The reading sweep.</summary>
    /// <returns>False when the row holds NaN or +∞, or nothing but masks in either policy.</returns>
    internal static bool Read(RowState* state)
    {
        ForEachPiece(state, &ReadPiece);
        return Accept(state);
    }

    /// <summary>Adds the pieces' reading sums, and says whether the row may be what it should be.</summary>
    internal static bool Accept(RowState* state)
    {
        ReadingSums sums = state->Slots[0].Reading;
        bool isValid = state->Slots[0].IsValid;
        for (int i = 1; i < state->PieceCount && isValid; i++)
        {
            isValid = state->Slots[i].IsValid;
            sums.Merge(state->Slots[i].Reading, state->Row.InverseTheta, state->Row.InverseTarget);
        }

        state->Sums = sums;
        state->ThetaLogMass = Math.Log(sums.ThetaMass);
        state->TargetLogMass = Math.Log(sums.TargetMass);
        if (state->Row.ProbabilityEpsilon > 0)
        {
            return isValid && TakeAsNormalised(state);
        }

        bool isAllowed = state->Row.Scores == Scores.Logits ||
            (IsUnit(sums.ThetaTop, state->ThetaLogMass, state->Row.InverseTheta) && IsUnit(sums.TargetTop, state->TargetLogMass, state->Row.InverseTarget));
        return isValid && isAllowed && double.IsFinite(state->ThetaLogMass) && double.IsFinite(state->TargetLogMass);
    }

    /// <summary>The writing sweep at a point; <paramref name="q"/> is the row's first element, or null for the sums alone.</summary>
    internal static Moments Write(RowState* state, in PathPoint at, void* q)
    {
        state->point = at;
        state->destination = q;
        if (at.IsFar)
        {
            new Span<BlockFlags>(state->Flags, (int)((state->Row.Columns + Blocks.Columns - 1) / Blocks.Columns)).Fill(BlockFlags.Careful);
        }

        ForEachPiece(state, &WritePiece);
        Moments sums = state->Slots[0].Moments;
        for (int i = 1; i < state->PieceCount; i++)
        {
            sums.Add(state->Slots[i].Moments, 1);
        }

        return sums;
    }

    /// <summary>Stores log q at a point.</summary>
    internal static void WriteLog(RowState* state, in PathPoint at, void* logQ)
    {
        state->point = at;
        state->destination = logQ;
        ForEachPiece(state, &WriteLogPiece);
    }

    /// <summary>Moments in f64 at any real α, relative to the row's tops.</summary>
    internal static PointSums Evaluate(RowState* state, double alpha)
    {
        state->point = state->PointAt(alpha);
        ForEachPiece(state, &EvaluatePiece);
        PointSums sums = state->Slots[0].Point;
        for (int i = 1; i < state->PieceCount; i++)
        {
            sums.Merge(state->Slots[i].Point);
        }

        return sums;
    }

    /// <summary>The same at up to three α in one reading.</summary>
    internal static ThreePoints EvaluateMany(RowState* state, ReadOnlySpan<double> alphas) => EvaluateMany(state, alphas, &EvaluateManyPiece);

    /// <summary>The same in the kernels' own precision.</summary>
    internal static ThreePoints EvaluateManyInKernels(RowState* state, ReadOnlySpan<double> alphas) =>
        state->Kernels.IsF64 ? EvaluateMany(state, alphas) : EvaluateMany(state, alphas, &EvaluateManyPieceInKernels);

    private static ThreePoints EvaluateMany(RowState* state, ReadOnlySpan<double> alphas, delegate*<void*, long, void> body)
    {
        fixed (double* start = alphas)
        {
            state->alphas = start;
            state->points = alphas.Length;
            ForEachPiece(state, body);
        }

        ThreePoints sums = state->Slots[0].Points;
        for (int i = 1; i < state->PieceCount; i++)
        {
            ThreePoints piece = state->Slots[i].Points;
            for (int k = 0; k < alphas.Length; k++)
            {
                (&sums.First)[k].Merge((&piece.First)[k]);
            }
        }

        return sums;
    }

    /// <summary>log Z and E[ℓ] in f64 at any real α.</summary>
    internal static (double LogZ, double Mean) LogZ(RowState* state, double alpha)
    {
        PointSums sums = Evaluate(state, alpha);
        return (sums.LogWeight - state->Normaliser(alpha, 0), sums.Moments.Mean - state->Kappa);
    }

    /// <summary>Central moments in f64 at a point.</summary>
    internal static CentralSums Central(RowState* state, in PathPoint at, double middle)
    {
        state->point = at;
        state->centre = middle;
        ForEachPiece(state, &CentralPiece);
        CentralSums sums = state->Slots[0].Central;
        for (int i = 1; i < state->PieceCount; i++)
        {
            sums.Add(state->Slots[i].Central);
        }

        return sums;
    }

    /// <summary>
    /// With an ε, logarithms are taken as they are: no mass is divided out, and none is checked, as in the reference implementation.
    /// </summary>
    private static bool TakeAsNormalised(RowState* state)
    {
        bool isReal = double.IsFinite(state->ThetaLogMass) && double.IsFinite(state->TargetLogMass);
        state->ThetaLogMass = -state->Sums.ThetaTop * state->Row.InverseTheta;
        state->TargetLogMass = -state->Sums.TargetTop * state->Row.InverseTarget;
        return isReal;
    }

    private static bool IsUnit(double top, double logMass, double inverseTemperature) =>
        inverseTemperature != 1 || Math.Abs(Math.Exp(top + logMass) - 1) <= LargestMassError;

    private static void ForEachPiece(RowState* state, delegate*<void*, long, void> body)
    {
        if (state->Threads > 1 && state->PieceCount > 1)
        {
            Workers.Run(state->PieceCount, state->Threads, body, state);
            return;
        }

        for (int i = 0; i < state->PieceCount; i++)
        {
            body(state, i);
        }
    }

    private static nint Begin(long piece) => (nint)piece * Blocks.PieceColumns;

    private static nint End(RowState* state, long piece) => Math.Min(Begin(piece + 1), state->Row.Columns);

    private static BlockFlags* FlagsOf(RowState* state, long piece) => state->Flags + (piece * (Blocks.PieceColumns / Blocks.Columns));

    private static void ReadPiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        PieceSlot* slot = state->Slots + piece;
        slot->IsValid = state->Kernels.Read(state->Row, Begin(piece), End(state, piece), FlagsOf(state, piece), &slot->Reading);
    }

    private static void WritePiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        PieceSlot* slot = state->Slots + piece;
        var sweep = state->destination == null ? state->Kernels.Measure : state->Kernels.Write;
        sweep(state->Row, Begin(piece), End(state, piece), FlagsOf(state, piece), state->point, state->destination, &slot->Moments);
    }

    private static void WriteLogPiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        state->Kernels.WriteLog(state->Row, Begin(piece), End(state, piece), state->point, state->destination);
    }

    private static void EvaluateManyPieceInKernels(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        state->Kernels.EvaluateMany(
            state->Row, Begin(piece), End(state, piece), FlagsOf(state, piece), state->Sums, state->alphas, state->points, &state->Slots[piece].Points.First);
    }

    private static void EvaluatePiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        Wide.EvaluatePiece(state->Row, Begin(piece), End(state, piece), state->point, &state->Slots[piece].Point);
    }

    private static void EvaluateManyPiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        Wide.EvaluateMany(state->Row, Begin(piece), End(state, piece), state->Sums, state->alphas, state->points, &state->Slots[piece].Points.First);
    }

    private static void CentralPiece(void* context, long piece)
    {
        RowState* state = (RowState*)context;
        Wide.CentralPiece(state->Row, Begin(piece), End(state, piece), state->point, state->centre, &state->Slots[piece].Central);
    }
}
