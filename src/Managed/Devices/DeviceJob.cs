namespace Equipoise.Devices;

/// <summary>Which outputs a job has.</summary>
internal static class Wanted
{
    internal const int Alpha = 1;
    internal const int Q = 1 << 1;
    internal const int LogQ = 1 << 2;
    internal const int LogZ = 1 << 3;
    internal const int KlTheta = 1 << 4;
    internal const int KlTarget = 1 << 5;
    internal const int EssTheta = 1 << 6;
    internal const int EssTarget = 1 << 7;
    internal const int Residual = 1 << 8;
    internal const int Iterations = 1 << 9;
    internal const int RowStatus = 1 << 10;

    /// <summary>Needs a sweep at the found point.</summary>
    internal const int Measure = Q | Residual;

    internal const int Ess = EssTheta | EssTarget;
}

/// <summary>Which parameters of the criterion every row has its own of.</summary>
internal static class Given
{
    internal const int First = 1;
    internal const int Second = 1 << 1;
}

/// <summary>A matrix as the kernels see it; the bytes come in a view of their own.</summary>
internal struct DeviceMatrix
{
    /// <summary>Of the first element, in bytes from the view's start.</summary>
    internal long Start;

    /// <summary>In elements, never 0.</summary>
    internal long RowStride;

    /// <summary>At least 1.</summary>
    internal long GroupRows;

    internal long GroupStride;

    /// <summary>A <see cref="DType"/>.</summary>
    internal int Type;

    internal int ElementSize;

    /// <summary>The view's own address modulo 16, for wide accesses; a kernel cannot ask.</summary>
    internal long Misalignment;
}

/// <summary>
/// A checked batch as a kernel parameter: every number that its rows share. Compiled into the kernels and into the launcher alike, and laid
/// out without padding, so that both see the same bytes.
/// </summary>
internal struct DeviceJob
{
    internal DeviceMatrix Theta;
    internal DeviceMatrix Target;
    internal DeviceMatrix Q;
    internal DeviceMatrix LogQ;

    internal long Rows;

    /// <summary>Real columns.</summary>
    internal long Columns;

    /// <summary>Columns of the outputs, padding included.</summary>
    internal long Width;

    internal double Tolerance;

    /// <summary>Of the criterion: α, a budget, or the weight of KL(q‖π_θ) …</summary>
    internal double First;

    /// <summary>… and that of KL(q‖π_t).</summary>
    internal double Second;
    internal double InverseTheta;
    internal double InverseTarget;

    /// <summary>Added to probabilities before each logarithm.</summary>
    internal double Epsilon;

    internal int Scores;
    internal int Criterion;
    internal int Method;
    internal int MaxIterations;

    /// <summary>Bits of <see cref="Devices.Wanted"/>.</summary>
    internal int Outputs;

    /// <summary>An input is f64, so that all arithmetic is.</summary>
    internal int IsF64;

    internal int HasMask;
    internal int HasRowTheta;
    internal int HasRowTarget;

    /// <summary>Pieces of a row.</summary>
    internal int Pieces;

    /// <summary>The rows' states are begun already.</summary>
    internal int IsResumed;

    /// <summary>Bits of <see cref="Given"/>.</summary>
    internal int RowParameters;
}
