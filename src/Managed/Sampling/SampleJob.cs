using Equipoise.Balance;

namespace Equipoise.Sampling;

/// <summary>A checked batch of draws: what every row of it shares.</summary>
internal unsafe struct SampleJob
{
    internal SolveJob Solve;
    internal SampleOptions Options;
    internal Samples Samples;
    internal MassKernels Masses;

    internal readonly bool IsTruncated => (Options.TopK > 0 && Options.TopK < Solve.Columns) || Options.TopP < 1 || Options.MinP > 0;

    internal readonly bool IsRace => Options.WithoutReplacement != 0;

    internal readonly ulong StreamOf(long row) => Options.RowStream == null ? unchecked(Options.Stream + (ulong)row) : Options.RowStream[row];
}
