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

    /// <summary>A row of two checked matrices, at temperature 1.</summary>
    internal static RowPair Of(in Matrix theta, in Matrix target, long row, Scores scores, nint columns) => new()
    {
        Theta = Addressing.Row(theta, row),
        Target = Addressing.Row(target, row),
        ThetaType = theta.DType,
        TargetType = target.DType,
        Scores = scores,
        Columns = columns,
        InverseTheta = 1,
        InverseTarget = 1,
    };

    /// <summary>A row of two checked matrices, as the options say.</summary>
    internal static RowPair Of(in Matrix theta, in Matrix target, long row, in SolveOptions options, nint columns) =>
        Of(theta, target, row, options.Scores, columns) with
        {
            InverseTheta = 1 / (options.RowTemperatureTheta == null ? options.TemperatureTheta : options.RowTemperatureTheta[row]),
            InverseTarget = 1 / (options.RowTemperatureTarget == null ? options.TemperatureTarget : options.RowTemperatureTarget[row]),
            ProbabilityEpsilon = options.ProbabilityEpsilon,
        };

    /// <summary>The same with the policies in each other's place.</summary>
    internal readonly RowPair Swapped() => this with
    {
        Theta = Target,
        Target = Theta,
        ThetaType = TargetType,
        TargetType = ThetaType,
        InverseTheta = InverseTarget,
        InverseTarget = InverseTheta,
    };
}
