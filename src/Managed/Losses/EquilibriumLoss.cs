using System;
using Equipoise.Balance;
using Equipoise.Losses;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>Through which of its arguments KL(q‖π_θ) is differentiated.</summary>
public enum LossGradient
{
    /// <summary>q is a constant: π_θ − q.</summary>
    Stop = 0,

    /// <summary>q moves with the policy: α (π_θ − q). For <see cref="Criterion.KlSymmetry"/>.</summary>
    Full = 1,
}

/// <summary>
/// KL(q‖π_θ) at the Chernoff point as a loss of the policy's logits, and its gradient in one sweep that keeps nothing of the vocabulary's
/// size between the two.
/// </summary>
/// <remarks>
/// KL(q‖π_θ) = −log Z(α*), and log Z is stationary there: so its full gradient is α (π_θ − q), and with q held constant π_θ − q.
/// </remarks>
public static unsafe class EquilibriumLoss
{
    /// <summary>Every row's loss, and the records that <see cref="Backward"/> takes.</summary>
    /// <param name="theta">[rows, ≥ valid columns] logits or log-probabilities of the policy, any dtype.</param>
    /// <param name="target">The same of the target.</param>
    /// <param name="options">Start from <see cref="SolveOptions.Default"/>; <see cref="Scores.Probs"/> have no logits to differentiate.</param>
    /// <param name="outputs">Where to write.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Forward(in Matrix theta, in Matrix target, in SolveOptions options, in LossOutputs outputs)
    {
        RequireLogits(options);
        Solution solution = new()
        {
            StructSize = (nuint)sizeof(Solution),
            KlTheta = outputs.Loss,
            Alpha = outputs.Alpha,
            EssTheta = outputs.EssTheta,
            RowStatus = outputs.RowStatus,
        };
        Equilibrium.Solve(theta, target, options, solution, outputs.Records);
    }

    /// <summary>Every row's gradient in the policy's scores.</summary>
    /// <param name="theta">As given to <see cref="Forward"/>, as are the next two.</param>
    /// <param name="target">[rows, ≥ valid columns].</param>
    /// <param name="options">Temperatures, valid columns, row mask and threads count.</param>
    /// <param name="kind">With q constant or not.</param>
    /// <param name="records">[rows] of <see cref="Forward"/>.</param>
    /// <param name="upstream">[rows] what each row's gradient is multiplied by, or null: 1.</param>
    /// <param name="gradient">
    /// [rows, columns of theta] out, any dtype: 0 in the padding, at masked tokens and in skipped rows, NaN in invalid and disjoint ones.
    /// </param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Backward(
        in Matrix theta, in Matrix target, in SolveOptions options, LossGradient kind, LossRecord* records, double* upstream, in Matrix gradient)
    {
        RequireLogits(options);
        MatrixChecks.Require((uint)kind <= (uint)LossGradient.Full, "kind", $"kind {(int)kind} is not an eqp_loss_gradient");
        MatrixChecks.Require(
            kind == LossGradient.Stop || options.Criterion == Criterion.KlSymmetry, "kind", "kind FULL is for the criterion KL_SYMMETRY");
        MatrixChecks.Require(records != null || theta.Rows == 0, "records", "records is null");
        SolveChecks.CheckInputs(theta, target, options);
        SolveChecks.CheckOutput(gradient, theta, target, theta.Rows, "gradient");
        if (theta.Rows == 0)
        {
            return;
        }

        GradientJob job = new() { Kind = kind, Records = records, Upstream = upstream, Gradient = gradient };
        job.Rows = new SolveJob { Theta = theta, Target = target, Options = options, Columns = Addressing.RealColumns(theta, options.ValidColumns) };
        job.Kernels = GradientKernels.Choose(theta.DType, target.DType, gradient.DType);
        GradientBatch.Run(&job);
    }

    private static void RequireLogits(in SolveOptions options) => MatrixChecks.Require(
        options.Scores is Scores.Logits or Scores.LogProbs, "scores", $"scores {(int)options.Scores}: a loss is a function of LOGITS or LOG_PROBS");
}
