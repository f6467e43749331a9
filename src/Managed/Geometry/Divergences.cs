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
        PairChecks.Check(p, "p", q, "q", options.Scores, options.ValidColumns, options.Threads);
        MatrixChecks.Require((uint)options.Kind <= (uint)DivergenceKind.FisherRao, "kind", $"kind {(int)options.Kind} is not an eqp_divergence_kind");
        MatrixChecks.Require((uint)options.Unit <= (uint)Unit.Bits, "unit", $"unit {(int)options.Unit} is not an eqp_unit");
        if (options.Kind == DivergenceKind.Renyi)
        {
            PairChecks.CheckParameter(options.Order, options.RowOrder, p.Rows, options.RowMask, "order");
        }

        CheckTemperature(options.RowTemperatureP, options.TemperatureP, p.Rows, options.RowMask, "temperature_p");
        CheckTemperature(options.RowTemperatureQ, options.TemperatureQ, p.Rows, options.RowMask, "temperature_q");
        if (p.Rows == 0)
        {
            return;
        }

        MatrixChecks.Require(values != null, "values", "values is null");
        PairJob job = PairJob.Of(p, q, options.Scores, options.ValidColumns, options.RowMask, options.Threads);
        job.Measure = &RowDivergence.Measure;
        job.Kind = (int)options.Kind;
        job.Parameter = options.Order;
        job.RowParameter = options.RowOrder;
        job.TemperatureP = options.TemperatureP;
        job.TemperatureQ = options.TemperatureQ;
        job.RowTemperatureP = options.RowTemperatureP;
        job.RowTemperatureQ = options.RowTemperatureQ;
        job.Factor = UnitFactor(options);
        job.Values = values;
        job.RowStatus = rowStatus;
        PairBatch.Run(&job, IsReadInF64(options));
    }

    private static void CheckTemperature(double* perRow, double one, long rows, byte* mask, string name) =>
        ParameterChecks.Check(perRow, one, rows, mask, name, &ParameterChecks.IsTemperature, SolveChecks.Positive);

    /// <summary>The logarithm of a probability in f32 would be the largest error of all; the other kinds need f64 terms anyway.</summary>
    private static bool IsReadInF64(in DivergenceOptions options) => options.Scores == Scores.Probs || options.Kind is
        DivergenceKind.Ess or DivergenceKind.JensenShannon or DivergenceKind.Renyi or DivergenceKind.TotalVariation;

    private static double UnitFactor(in DivergenceOptions options) => options.Unit == Unit.Bits && options.Kind is not
        (DivergenceKind.Ess or DivergenceKind.Hellinger or DivergenceKind.TotalVariation or DivergenceKind.FisherRao) ? Constants.Log2E : 1;
}
