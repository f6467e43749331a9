using System;
using System.Linq;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>What can be wrong about a call with several policies, named as the C interface names it.</summary>
internal static unsafe class ManyChecks
{
    // Made once: a call allocates nothing.
    private static readonly string[] Names = [.. Enumerable.Range(0, SeveralTargets.Most).Select(policy => $"policies[{policy}]")];

    internal static void Check(ReadOnlySpan<Matrix> policies, in SolveManyOptions options, in ManySolution solution)
    {
        MatrixChecks.Require(
            policies.Length is >= SeveralTargets.Fewest and <= SeveralTargets.Most,
            "count",
            $"count is {policies.Length}, must be from {SeveralTargets.Fewest} to {SeveralTargets.Most} policies");
        for (int i = 0; i < policies.Length; i++)
        {
            string name = Name(i);
            MatrixChecks.Check(policies[i], policies[0].Rows, name);
            SolveChecks.CheckWidths(policies[0], policies[i], options.ValidColumns, Name(0), name);
        }

        CheckNumbers(options);
        CheckCost(policies[0], options);
        CheckOutput(solution.Q, "q", policies, options);
        CheckOutput(solution.LogQ, "log_q", policies, options);
        if (solution.Q != null && solution.LogQ != null)
        {
            MatrixChecks.CheckApart(*solution.LogQ, "log_q", *solution.Q, "q");
        }
    }

    private static string Name(int policy) => Names[policy];

    private static void CheckNumbers(in SolveManyOptions options)
    {
        MatrixChecks.Require((uint)options.Scores <= (uint)Scores.Probs, "scores", $"scores {(int)options.Scores} is not an eqp_scores");
        MatrixChecks.Require(options.Tolerance > 0 && double.IsFinite(options.Tolerance), "tolerance", $"tolerance is {options.Tolerance}, must be above 0");
        MatrixChecks.Require(options.MaxIterations >= 1, "max_iterations", $"max_iterations is {options.MaxIterations}, must be at least 1");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
    }

    private static void CheckCost(in Matrix first, in SolveManyOptions options)
    {
        if (options.Cost == null)
        {
            bool isAbsent = options.CostWeight == 0 && options.RowCostWeight == null;
            MatrixChecks.Require(isAbsent, "cost", "cost is null, and cost_weight asks for one");
            return;
        }

        Matrix cost = *options.Cost;
        MatrixChecks.Check(cost, cost.Rows == 1 ? 1 : first.Rows, "cost");
        SolveChecks.CheckWidths(first, cost, options.ValidColumns, Name(0), "cost");
        if (options.RowCostWeight == null)
        {
            bool isGood = options.CostWeight >= 0 && double.IsFinite(options.CostWeight);
            MatrixChecks.Require(isGood, "cost_weight", $"cost_weight is {options.CostWeight}, must be finite and at least 0");
            return;
        }

        for (long row = 0; row < first.Rows; row++)
        {
            double weight = options.RowCostWeight[row];
            bool isGood = (weight >= 0 && double.IsFinite(weight)) || (options.RowMask != null && options.RowMask[row] == 0);
            MatrixChecks.Require(isGood, "row_cost_weight", $"row_cost_weight[{row}] is {weight}, must be finite and at least 0");
        }
    }

    private static void CheckOutput(Matrix* output, string name, ReadOnlySpan<Matrix> policies, in SolveManyOptions options)
    {
        if (output == null)
        {
            return;
        }

        MatrixChecks.CheckOutput(*output, policies[0].Rows, policies[0].Columns, name);
        for (int i = 0; i < policies.Length; i++)
        {
            MatrixChecks.CheckApart(*output, name, policies[i], Name(i));
        }

        if (options.Cost != null)
        {
            MatrixChecks.CheckApart(*output, name, *options.Cost, "cost");
        }
    }
}
