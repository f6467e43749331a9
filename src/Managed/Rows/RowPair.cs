namespace Equipoise.Rows;

/// <summary>One row of both policies, as the passes see it.</summary>
internal unsafe struct RowPair
{
    /// <summary>First element of the policy's row.</summary>
    internal void* Theta;

    /// <summary>First element of the target's row.</summary>
    internal void* Target;

    internal DType ThetaType;

    internal DType TargetType;

    internal Scores Scores;

    /// <summary>Real columns.</summary>
    internal nint Columns;

    /// <summary>1/T of each policy.</summary>
    internal double InverseTheta;

    internal double InverseTarget;

    /// <summary>Added to probabilities before their logarithm.</summary>
    internal double ProbabilityEpsilon;
}
