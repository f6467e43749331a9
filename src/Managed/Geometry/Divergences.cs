using System;
using Equipoise.Balance;
using Equipoise.Geometry;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>What two distributions per row are to each other.</summary>
public static unsafe class Divergences
{
    /// <summary>One divergence a row.</summary>
    /// <param name="p">[rows, ≥ valid columns] scores of the first distribution, any dtype; read only.</param>
    /// <param name="q">[rows, ≥ valid columns] scores of the second one, any dtype and stride of its own; read only.</param>
    /// <param name="options">Start from <see cref="DivergenceOptions.Default"/>.</param>
    /// <param name="values">[rows] out; NaN for an invalid row, 0 for a skipped one.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <remarks>Safe to call from any number of threads at once, the outputs being different.</remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Compute(in Matrix p, in Matrix q, in DivergenceOptions options, double* values, RowStatus* rowStatus)
    {
        MatrixChecks.Check(p, p.Rows, "p");
        MatrixChecks.Check(q, p.Rows, "q");
        SolveChecks.CheckWidths(p, q, options.ValidColumns, "p", "q");
        MatrixChecks.Require((uint)options.Kind <= (uint)DivergenceKind.FisherRao, "kind", $"kind {(int)options.Kind} is not an eqp_divergence_kind");
        MatrixChecks.Require((uint)options.Scores <= (uint)Scores.Probs, "scores", $"scores {(int)options.Scores} is not an eqp_scores");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        MatrixChecks.Require((uint)options.Unit <= (uint)Unit.Bits, "unit", $"unit {(int)options.Unit} is not an eqp_unit");
        CheckOrders(options, p.Rows);
        if (p.Rows == 0)
        {
            return;
        }

        MatrixChecks.Require(values != null, "values", "values is null");
        DivergenceJob job = new() { P = p, Q = q, Options = options, Values = values, RowStatus = rowStatus };
        DivergenceBatch.Run(&job);
    }

    private static void CheckOrders(in DivergenceOptions options, long rows)
    {
        if (options.Kind != DivergenceKind.Renyi)
        {
            return;
        }

        if (options.RowOrder == null)
        {
            MatrixChecks.Require(options.Order >= 0 && double.IsFinite(options.Order), "order", $"order is {options.Order}, must be finite and at least 0");
            return;
        }

        for (long row = 0; row < rows; row++)
        {
            double order = options.RowOrder[row];
            bool isGood = (order >= 0 && double.IsFinite(order)) || (options.RowMask != null && options.RowMask[row] == 0);
            MatrixChecks.Require(isGood, "row_order", $"row_order[{row}] is {order}, must be finite and at least 0");
        }
    }
}
