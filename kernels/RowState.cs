using Equipoise.Balance;

namespace Equipoise.Kernels;

/// <summary>What a workgroup does to a row next.</summary>
internal static class Sweep
{
    /// <summary>Nothing: the row is answered.</summary>
    internal const int Done = 0;

    /// <summary>The reading sweep in f32 with f64 sums …</summary>
    internal const int Read32 = 1;

    /// <summary>… and in f64.</summary>
    internal const int Read = 2;

    /// <summary>q at a point, and its sums, in f32 with f64 sums …</summary>
    internal const int Write32 = 3;

    /// <summary>… and in f64.</summary>
    internal const int Write = 4;

    /// <summary>Sums at a point, whatever their size, in f64; nothing is stored.</summary>
    internal const int Evaluate = 5;

    /// <summary>Central moments at a point, in f64.</summary>
    internal const int Central = 6;

    /// <summary>log q at a point.</summary>
    internal const int WriteLog = 7;

    /// <summary>Constants in q and log q: padding, or a whole row that has no answer.</summary>
    internal const int Fill = 8;
}

/// <summary>What happens to a row's state once its latest sweep's sums are there; or at once.</summary>
internal static class Phase
{
    internal const int Begin = 0;
    internal const int UnitMass = 1;
    internal const int Read = 2;
    internal const int ReadAgain = 3;
    internal const int Node0 = 4;
    internal const int NodeHalf = 5;
    internal const int Node1 = 6;
    internal const int Refine = 7;
    internal const int FixedWrite = 8;
    internal const int AtAlpha = 9;
    internal const int Centred = 10;
    internal const int Predicted = 11;
    internal const int Newton = 12;
    internal const int Bisect = 13;
    internal const int BisectFlat = 14;
    internal const int BisectEnd = 15;
    internal const int EssTheta = 16;
    internal const int EssTarget = 17;
    internal const int Written = 18;
    internal const int LogWritten = 19;
    internal const int Filled = 20;
    internal const int BisectHeld = 21;
    internal const int Outer2 = 22;
    internal const int OuterMinus1 = 23;
    internal const int Beyond = 24;
    internal const int Before = 25;

    // No sweep stands before these.
    internal const int Solve = 32;
    internal const int SolveFixed = 33;
    internal const int Nodes = 34;
    internal const int SolveWide = 35;
    internal const int WideNodes = 36;
    internal const int StartNewton = 37;
    internal const int GoToAlpha = 38;
    internal const int StartBisection = 39;
    internal const int Store = 40;
    internal const int WriteQ = 41;
    internal const int WriteLogQ = 42;
    internal const int Unsolved = 43;
    internal const int Finish = 44;
    internal const int NewtonStep = 45;
    internal const int BisectStep = 46;
    internal const int ReflectedEnds = 47;
    internal const int ReflectedSearch = 48;

    /// <summary>The first of those that no sweep stands before.</summary>
    internal const int FirstImmediate = Solve;
}

/// <summary>A sweep as the group reads it.</summary>
internal struct Order
{
    /// <summary>One of <see cref="Sweep"/>.</summary>
    internal int Kind;

    /// <summary>The sweep stores q.</summary>
    internal int IsStoring;

    /// <summary>log2 q = ThetaFactor·x + TargetFactor·y + Offset, x and y being the scores below these tops.</summary>
    internal double ThetaTop;
    internal double TargetTop;
    internal double InverseTheta;
    internal double InverseTarget;
    internal double ThetaFactor;
    internal double TargetFactor;
    internal double Offset;

    /// <summary>Multiplies every weight in f64 …</summary>
    internal double Scale;

    /// <summary>… and in f32, where it makes up for the rounding of the offset.</summary>
    internal double Mend;

    /// <summary>Taken from d; of a <see cref="Sweep.WriteLog"/>, added to log q.</summary>
    internal double Centre;

    internal double FillQ;
    internal double FillLogQ;

    /// <summary>First column of a <see cref="Sweep.Fill"/>.</summary>
    internal long FillFrom;
}

/// <summary>
/// One row between two sweeps, in the workspace: which sweep comes next, and all that the steps between sweeps need. One thread changes it;
/// the group reads the order.
/// </summary>
internal struct RowState
{
    internal Order Order;

    /// <summary>One of <see cref="Kernels.Phase"/>.</summary>
    internal int Phase;

    /// <summary>The sums are f64 ones.</summary>
    internal int IsWide;

    // The row.
    internal double RowInverseTheta;
    internal double RowInverseTarget;
    internal double ThetaLogMass;
    internal double TargetLogMass;

    /// <summary>The kind of sweep that left the sums.</summary>
    internal int LastKind;

    /// <summary>A difference that f32 cannot hold.</summary>
    internal int IsBeyond32;
    internal int ThetaAlone;
    internal int TargetAlone;

    /// <summary>A phase that <see cref="Kernels.Phase.ReadAgain"/> goes on to.</summary>
    internal int Next;

    /// <summary>In the second attempt, with f64 sums.</summary>
    internal int IsSecond;
    internal Moments Theta;
    internal Moments Half;
    internal Moments Target;
    internal PathNodes Nodes;

    // The search.
    internal Bracket Bracket;
    internal double Alpha;
    internal double LogZ;
    internal double Variance;

    /// <summary>What the sweep before measured.</summary>
    internal MeasuredMean Last;

    /// <summary>E_q[ℓ] as the nodes predict it.</summary>
    internal double GuessedMean;

    /// <summary>Where the answer lies whatever the search would say: a given α, or an end …</summary>
    internal double FixedAlpha;

    /// <summary>… if it does.</summary>
    internal int IsFixed;
    internal int Sweeps;
    internal int IsLast;
    internal int IsFlat;
    internal int Measured;

    // The answer.
    internal int Status;
    internal int Iterations;
    internal int IsWritten;

    /// <summary>f64 sums at the nodes predict the point.</summary>
    internal int IsPredicted;
    internal double FoundAlpha;
    internal double FoundLogZ;
    internal double Mean;

    /// <summary>The criterion's function there, as it was measured.</summary>
    internal double Value;

    // log Z and E[ℓ] at 2 − α and at −α, and log Z at 2 and at −1, for the criteria that look there.
    internal double LogZBeyond;
    internal double MeanBeyond;
    internal double LogZBefore;
    internal double MeanBefore;
    internal double LogZAt2;
    internal double LogZAtMinus1;
    internal double PointAlpha;
    internal double PointOffset;
    internal double PointScale;
    internal double PointLogScale;

    /// <summary>α of the order.</summary>
    internal double AimAlpha;
    internal double EssTheta;
    internal double EssTarget;
}
