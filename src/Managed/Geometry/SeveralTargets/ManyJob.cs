using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>A checked batch with several policies: what every row of it shares.</summary>
internal readonly unsafe struct ManyJob
{
    internal readonly Matrix* Policies;
    internal readonly int Count;
    internal readonly SolveManyOptions Options;
    internal readonly ManySolution Solution;
    internal readonly Matrix Q;
    internal readonly Matrix LogQ;
    internal readonly ManyKernels Kernels;

    /// <summary>Real columns.</summary>
    internal readonly nint Columns;

    internal ManyJob(Matrix* policies, int count, in SolveManyOptions options, in ManySolution solution)
    {
        Policies = policies;
        Count = count;
        Options = options;
        Solution = solution;
        Columns = Addressing.RealColumns(policies[0], options.ValidColumns);
        Q = solution.Q == null ? default : *solution.Q;
        LogQ = solution.LogQ == null ? default : *solution.LogQ;
        Kernels = ManyKernels.Choose(Q.DType, LogQ.DType);
    }

    internal readonly long Rows => Policies[0].Rows;

    /// <summary>Every row's λ.</summary>
    internal double CostWeight(long row) =>
        Options.Cost == null ? 0 : Options.RowCostWeight == null ? Options.CostWeight : Options.RowCostWeight[row];

    /// <summary>A row's costs, of which there may be one row for all.</summary>
    internal void* CostRow(long row) => Options.Cost == null ? null : Addressing.Row(*Options.Cost, Options.Cost->Rows == 1 ? 0 : row);
}
