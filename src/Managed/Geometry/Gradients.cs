using System;
using Equipoise.Balance;
using Equipoise.Geometry;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>
/// Gradients in the scores of both policies, in closed form and f64, row by row. They are those of the scores as given, temperatures included; of
/// log-probabilities, those of their renormalised form. Masked tokens and those beyond the valid columns have 0.
/// </summary>
/// <remarks>Every function may be called from any number of threads at once, the outputs being different. A row that is invalid gives NaN, a skipped one
/// 0.</remarks>
public static unsafe class Gradients
{
    /// <summary>The gradients of KL(p‖q): p (log(p/q) − KL) in p's scores, q − p in q's.</summary>
    /// <param name="p">[rows, ≥ valid columns] logits or log-probabilities; read only.</param>
    /// <param name="q">[rows, ≥ valid columns]; read only.</param>
    /// <param name="options">Scores, temperatures, valid columns, row mask, threads; the rest has no meaning here.</param>
    /// <param name="weights">[rows], or null for 1: what every row is multiplied by, as a loss does.</param>
    /// <param name="gradientP">[rows, columns of p] out, any dtype; or null.</param>
    /// <param name="gradientQ">[rows, columns of q] out, any dtype; or null.</param>
    /// <param name="rowStatus">[rows] out, or null. NaN and OK where q misses a token of p: KL is infinite.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Kl(
        in Matrix p, in Matrix q, in SolveOptions options, double* weights, Matrix* gradientP, Matrix* gradientQ, RowStatus* rowStatus)
    {
        Check(p, "p", q, "q", options);
        GradientJob job = JobOf(p, "p", q, "q", options, gradientP, "grad_p", gradientQ, "grad_q", rowStatus);
        job.KlCotangent = weights;
        job.Answer = &KlGradientRow.Write;
        GradientBatch.Run(&job);
    }

    /// <summary>The vector–Jacobian product of a solve: α and log q differentiated through their criterion by the implicit function theorem.</summary>
    /// <param name="theta">[rows, ≥ valid columns] logits or log-probabilities; read only.</param>
    /// <param name="target">[rows, ≥ valid columns]; read only.</param>
    /// <param name="options">As the solve had them; any criterion.</param>
    /// <param name="alpha">[rows] as the solve found them; null for FIXED_ALPHA. Refined here, so that the solve's tolerance does not matter.</param>
    /// <param name="given">What the loss is to the answers.</param>
    /// <param name="gradientTheta">[rows, columns of theta] out, any dtype; or null.</param>
    /// <param name="gradientTarget">[rows, columns of target] out, any dtype; or null.</param>
    /// <param name="rowStatus">[rows] out, or null. Where α is 0 or 1, or the policies are identical, α is taken as constant.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    /// <exception cref="NotSupportedException">Probabilities.</exception>
    public static void Solve(
        in Matrix theta, in Matrix target, in SolveOptions options, double* alpha, in Cotangents given, Matrix* gradientTheta, Matrix* gradientTarget, RowStatus* rowStatus)
    {
        Check(theta, "theta", target, "target", options);
        MatrixChecks.Require(alpha != null || theta.Rows == 0 || options.Criterion == Criterion.FixedAlpha, "alpha", "alpha is null");
        GradientJob job = JobOf(theta, "theta", target, "target", options, gradientTheta, "grad_theta", gradientTarget, "grad_target", rowStatus);
        job.Alpha = alpha;
        job.AlphaCotangent = given.Alpha;
        job.KlCotangent = given.Kl;
        job.HeldCotangent = given.KlHeld;
        if (given.LogQ != null)
        {
            job.LogQCotangent = *given.LogQ;
            job.HasLogQ = true;
            CheckCotangent(job, gradientTheta, gradientTarget);
        }

        job.Answer = &VjpRow.Write;
        GradientBatch.Run(&job);
    }

    private static void Check(in Matrix first, string firstName, in Matrix second, string secondName, in SolveOptions options)
    {
        MatrixChecks.Check(first, first.Rows, firstName);
        MatrixChecks.Check(second, first.Rows, secondName);
        SolveChecks.CheckWidths(first, second, options.ValidColumns, firstName, secondName);
        SolveChecks.Check(first, second, options, default);
        if (options.Scores == Scores.Probs)
        {
            throw new NotSupportedException("scores PROBS: gradients are those of logits or log-probabilities");
        }
    }

    internal static GradientJob JobOf(
        in Matrix theta, string thetaName, in Matrix target, string targetName, in SolveOptions options, Matrix* first, string firstName, Matrix* second, string secondName, RowStatus* rowStatus)
    {
        GradientJob job = new() { Theta = theta, Target = target, Options = options, RowStatus = rowStatus };
        if (first != null)
        {
            job.First = *first;
            job.HasFirst = true;
            CheckOutput(job.First, firstName, theta.Columns, job, thetaName, targetName);
        }

        if (second != null)
        {
            job.Second = *second;
            job.HasSecond = true;
            CheckOutput(job.Second, secondName, target.Columns, job, thetaName, targetName);
        }

        if (first != null && second != null)
        {
            MatrixChecks.CheckApart(job.Second, secondName, job.First, firstName);
        }

        return job;
    }

    private static void CheckOutput(in Matrix output, string name, long columns, in GradientJob job, string thetaName, string targetName)
    {
        MatrixChecks.CheckOutput(output, job.Theta.Rows, columns, name);
        MatrixChecks.CheckApart(output, name, job.Theta, thetaName);
        MatrixChecks.CheckApart(output, name, job.Target, targetName);
    }

    private static void CheckCotangent(in GradientJob job, Matrix* first, Matrix* second)
    {
        ref readonly Matrix given = ref job.LogQCotangent;
        MatrixChecks.Check(given, job.Theta.Rows, "log_q");
        long valid = Addressing.RealColumns(job.Theta, job.Options.ValidColumns);
        MatrixChecks.Require(given.Rows == 0 || given.Columns >= valid, "log_q", $"log_q has {given.Columns} columns, must have at least {valid}");
        if (first != null)
        {
            MatrixChecks.CheckApart(*first, "grad_theta", given, "log_q");
        }

        if (second != null)
        {
            MatrixChecks.CheckApart(*second, "grad_target", given, "log_q");
        }
    }
}
