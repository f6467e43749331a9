using System;
using Equipoise.Geometry;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>
/// The Fisher information of a row's distribution p: in the probabilities diag(1/p), in the logits F = diag(p) − p pᵀ. Never formed: every
/// function costs a few sweeps over the row. All arithmetic is f64; all logarithms are natural.
/// </summary>
/// <remarks>Every function may be called from any number of threads at once, the outputs being different. A row that is invalid (NaN, +∞, nothing but
/// masks, a mass that is not 1) gives NaN, a skipped one 0; a token that is masked in p is none of the vector's either, and 0 in a result.</remarks>
public static unsafe class Fisher
{
    /// <summary>½ Σ (p − q)² w: KL(p‖q) to the second order, for each of the weights.</summary>
    /// <param name="p">[rows, ≥ valid columns] scores; read only.</param>
    /// <param name="q">[rows, ≥ valid columns] scores; read only.</param>
    /// <param name="options">Weight, scores, valid columns, row mask, threads.</param>
    /// <param name="values">[rows] out; +∞ where a weight is not finite and the distributions differ.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Quadratic(in Matrix p, in Matrix q, in FisherOptions options, double* values, RowStatus* rowStatus)
    {
        PairChecks.Check(p, "p", q, "q", options.Scores, options.ValidColumns, options.Threads);
        MatrixChecks.Require((uint)options.Weight <= (uint)FisherWeight.POverQ2, "weight", $"weight {(int)options.Weight} is not an eqp_fisher_weight");
        if (p.Rows == 0)
        {
            return;
        }

        MatrixChecks.Require(values != null, "values", "values is null");
        PairJob job = PairJob.Of(p, q, options.Scores, options.ValidColumns, options.RowMask, options.Threads);
        job.Measure = &RowQuadratic.Measure;
        job.Kind = (int)options.Weight;
        job.Values = values;
        job.RowStatus = rowStatus;
        PairBatch.Run(&job, isF64: true);
    }

    /// <summary>F v = p (v − pᵀv).</summary>
    /// <param name="scores">[rows, ≥ valid columns] scores of p; read only.</param>
    /// <param name="vector">[rows, ≥ valid columns] v, finite; read only.</param>
    /// <param name="options">Scores, valid columns, row mask, threads.</param>
    /// <param name="product">[rows, columns of <paramref name="scores"/>] out, any dtype; 0 beyond the valid columns.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Product(in Matrix scores, in Matrix vector, in FisherOptions options, in Matrix product, RowStatus* rowStatus)
    {
        CheckVector(scores, vector, "vector", options);
        CheckResult(product, "product", scores, vector, "vector");
        TangentJob job = JobOf(scores, vector, options, rowStatus);
        job.Result = product;
        job.HasResult = true;
        job.Answer = &WriteProduct;
        TangentBatch.Run(&job);
    }

    /// <summary>KL of the step from logits a to a + Δ by its series: ½ Var_p[Δ], with the third cumulant κ₃ where that is asked for.</summary>
    /// <param name="scores">[rows, ≥ valid columns] scores of p; read only.</param>
    /// <param name="step">[rows, ≥ valid columns] Δ, finite; read only.</param>
    /// <param name="options">Which series, scores, valid columns, row mask, threads.</param>
    /// <param name="values">[rows] out, nats; to the third order not always ≥ 0.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void StepKl(in Matrix scores, in Matrix step, in FisherOptions options, double* values, RowStatus* rowStatus)
    {
        CheckVector(scores, step, "step", options);
        MatrixChecks.Require((uint)options.StepKl <= (uint)Equipoise.StepKl.ThirdReverse, "step_kl", $"step_kl {(int)options.StepKl} is not an eqp_step_kl");
        MatrixChecks.Require(values != null || scores.Rows == 0, "values", "values is null");
        TangentJob job = JobOf(scores, step, options, rowStatus);
        job.Values = values;
        job.Answer = &MeasureStep;
        TangentBatch.Run(&job);
    }

    /// <summary>x with (F + λI) x = g, by Sherman and Morrison; for λ = 0 the shortest x with F x = g.</summary>
    /// <param name="scores">[rows, ≥ valid columns] scores of p; read only.</param>
    /// <param name="gradient">[rows, ≥ valid columns] g, finite; read only.</param>
    /// <param name="options">Damping, scores, valid columns, row mask, threads.</param>
    /// <param name="solution">[rows, columns of <paramref name="scores"/>] out, any dtype; 0 beyond the valid columns and for masked tokens.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written. So is a damping of 0 with a
    /// gradient that does not sum to 0: F is singular along (1, …, 1).</exception>
    public static void NaturalGradient(in Matrix scores, in Matrix gradient, in FisherOptions options, in Matrix solution, RowStatus* rowStatus)
    {
        CheckVector(scores, gradient, "gradient", options);
        CheckResult(solution, "solution", scores, gradient, "gradient");
        PairChecks.CheckParameter(options.Damping, options.RowDamping, scores.Rows, options.RowMask, "damping");
        TangentJob job = JobOf(scores, gradient, options, rowStatus);
        RefuseSingular(job);
        job.Result = solution;
        job.HasResult = true;
        job.Answer = &Geometry.NaturalGradientRow.Write;
        TangentBatch.Run(&job);
    }

    /// <summary>How far p ∝ exp(a + s v) may go along a direction v: the largest s with KL(p_0‖p_s) ≤ δ, and the quadratic step √(2δ/vᵀFv).</summary>
    /// <param name="scores">[rows, ≥ valid columns] scores of p; read only.</param>
    /// <param name="direction">[rows, ≥ valid columns] v, finite; read only.</param>
    /// <param name="options">Delta, scores, valid columns, row mask, threads.</param>
    /// <param name="step">[rows] out, or null: s ≥ 0; +∞ where no step reaches δ.</param>
    /// <param name="quadraticStep">[rows] out, or null; +∞ where v is the same for all tokens.</param>
    /// <param name="kl">[rows] out, or null: KL(p_0‖p_s) at the step, ≤ δ.</param>
    /// <param name="rowStatus">[rows] out, or null.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void TrustRegion(
        in Matrix scores, in Matrix direction, in FisherOptions options, double* step, double* quadraticStep, double* kl, RowStatus* rowStatus)
    {
        CheckVector(scores, direction, "direction", options);
        PairChecks.CheckParameter(options.Delta, options.RowDelta, scores.Rows, options.RowMask, "delta");
        TangentJob job = JobOf(scores, direction, options, rowStatus);
        job.Steps = step;
        job.QuadraticSteps = quadraticStep;
        job.Values = kl;
        job.Answer = &FindStep;
        TangentBatch.Run(&job);
    }

    private static void CheckVector(in Matrix scores, in Matrix vector, string name, in FisherOptions options) =>
        PairChecks.Check(scores, "logits", vector, name, options.Scores, options.ValidColumns, options.Threads);

    private static void CheckResult(in Matrix result, string name, in Matrix scores, in Matrix vector, string vectorName)
    {
        MatrixChecks.CheckOutput(result, scores.Rows, scores.Columns, name);
        MatrixChecks.CheckApart(result, name, scores, "logits");
        MatrixChecks.CheckApart(result, name, vector, vectorName);
    }

    private static TangentJob JobOf(in Matrix scores, in Matrix vector, in FisherOptions options, RowStatus* rowStatus) => new()
    {
        Scores = scores,
        Vector = vector,
        Options = options,
        Columns = Addressing.RealColumns(scores, options.ValidColumns),
        RowStatus = rowStatus,
    };

    /// <summary>Before anything is written. Rows that are invalid have nothing to be singular.</summary>
    private static void RefuseSingular(in TangentJob job)
    {
        for (long row = 0; row < job.Scores.Rows; row++)
        {
            if (job.DampingOf(row) == 0 && (job.Options.RowMask == null || job.Options.RowMask[row] != 0) &&
                TangentBatch.TryRead(job, row, 1, out _, out MassSums sums) && !NaturalGradientRow.SumsToZero(sums, job.Vector.DType))
            {
                throw new ArgumentException($"damping is 0 and gradient row {row} sums to {sums.Total:G6}: F is singular unless it sums to 0", "damping");
            }
        }
    }

    private static void WriteProduct(TangentRow* row, in TangentJob job, long index, in MassSums sums) =>
        TangentPass<ProductBlock, NoSums>.Run(row);

    private static void MeasureStep(TangentRow* row, in TangentJob job, long index, in MassSums sums)
    {
        CentredSums moments = TangentPass<CentredBlock, CentredSums>.Run(row);
        double third = job.Options.StepKl switch { Equipoise.StepKl.Second => 0, Equipoise.StepKl.Third => 1.0 / 6, _ => 1.0 / 3 };
        job.Values[index] = (0.5 * moments.Variance) + (third == 0 ? 0 : third * moments.Skew);
    }

    private static void FindStep(TangentRow* row, in TangentJob job, long index, in MassSums sums)
    {
        CentredSums moments = TangentPass<CentredBlock, CentredSums>.Run(row);
        double scale = Math.Max(Math.Abs(moments.Largest + row->Centre), Math.Abs(moments.Smallest + row->Centre));
        double step = TrustRegionRow.Solve(row, moments, scale, job.DeltaOf(index), out double kl, out double quadratic);
        Output.Put(job.Steps, index, step);
        Output.Put(job.QuadraticSteps, index, quadratic);
        Output.Put(job.Values, index, kl);
    }
}
