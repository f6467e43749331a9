using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Everything that can be wrong about a call, found at the door and named as the C interface names it.</summary>
internal static unsafe class SolveChecks
{
    internal const string Positive = "finite and above 0";

    internal static void Check(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        CheckInputs(theta, target, options);
        CheckOutputs(theta, target, solution);
    }

    internal static void CheckInputs(in Matrix theta, in Matrix target, in SolveOptions options)
    {
        MatrixChecks.Check(theta, theta.Rows, "theta");
        MatrixChecks.Check(target, theta.Rows, "target");
        CheckWidths(theta, target, options.ValidColumns, "theta", "target");
        CheckReading(options, theta.Rows);
        CheckChoices(options);
        CheckNumbers(options, theta.Rows);
    }

    /// <summary>Unequal widths need to be told how much of them is real.</summary>
    internal static void CheckWidths(in Matrix first, in Matrix second, long valid, string firstName, string secondName)
    {
        if (first.Rows == 0)
        {
            return;
        }

        MatrixChecks.Require(valid >= 0, "valid_columns", $"valid_columns is {valid}, must be at least 0");
        MatrixChecks.Require(
            valid != 0 || first.Columns == second.Columns,
            secondName,
            $"{firstName} has {first.Columns} columns and {secondName} has {second.Columns}: say by valid_columns how many are real");
        MatrixChecks.Require(
            valid <= first.Columns && valid <= second.Columns,
            "valid_columns",
            $"valid_columns is {valid}, more than the {Math.Min(first.Columns, second.Columns)} columns of {(first.Columns < second.Columns ? firstName : secondName)}");
    }

    private static void CheckChoices(in SolveOptions options)
    {
        MatrixChecks.Require((uint)options.Criterion <= (uint)Criterion.FixedAlpha, "criterion", $"criterion {(int)options.Criterion} is not an eqp_criterion");
        MatrixChecks.Require((uint)options.Method <= (uint)Method.Bisection, "method", $"method {(int)options.Method} is not an eqp_method");
    }

    private static void CheckNumbers(in SolveOptions options, long rows)
    {
        MatrixChecks.Require(options.Tolerance > 0 && double.IsFinite(options.Tolerance), "tolerance", $"tolerance is {options.Tolerance}, must be above 0");
        MatrixChecks.Require(options.MaxIterations >= 1, "max_iterations", $"max_iterations is {options.MaxIterations}, must be at least 1");
        Criteria.Check(options, rows);
        double epsilon = options.ProbabilityEpsilon;
        MatrixChecks.Require(epsilon >= 0 && epsilon < 1, "probability_epsilon", $"probability_epsilon is {epsilon}, must be in [0, 1)");
        MatrixChecks.Require(
            epsilon == 0 || (options.Scores == Scores.Probs && options.Method == Method.Bisection),
            "probability_epsilon",
            "probability_epsilon is for probabilities and the bisection method only");
        MatrixChecks.Require(
            epsilon == 0 || options.Criterion is Criterion.KlSymmetry or Criterion.FixedAlpha,
            "probability_epsilon",
            "probability_epsilon is for KL_SYMMETRY and FIXED_ALPHA only");
    }

    /// <summary>What concerns the reading of the rows, whatever is asked of them.</summary>
    internal static void CheckReading(in SolveOptions options, long rows)
    {
        MatrixChecks.Require((uint)options.Scores <= (uint)Scores.Probs, "scores", $"scores {(int)options.Scores} is not an eqp_scores");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
        ParameterChecks.Check(
            options.RowTemperatureTheta, options.TemperatureTheta, rows, options.RowMask, "temperature_theta", &ParameterChecks.IsTemperature, Positive);
        ParameterChecks.Check(
            options.RowTemperatureTarget, options.TemperatureTarget, rows, options.RowMask, "temperature_target", &ParameterChecks.IsTemperature, Positive);
    }

    private static void CheckOutputs(in Matrix theta, in Matrix target, in Solution solution) =>
        CheckOutputs(theta, target, theta.Rows, solution.Q, solution.LogQ);

    /// <summary>q and log q, of so many rows, where they are wanted.</summary>
    internal static void CheckOutputs(in Matrix theta, in Matrix target, long rows, Matrix* q, Matrix* logQ)
    {
        if (q != null)
        {
            CheckOutput(*q, theta, target, rows, "q");
        }

        if (logQ != null)
        {
            CheckOutput(*logQ, theta, target, rows, "log_q");
        }

        if (q != null && logQ != null)
        {
            MatrixChecks.CheckApart(*logQ, "log_q", *q, "q");
        }
    }

    /// <summary>A matrix of theta's width that shares no memory with the inputs.</summary>
    internal static void CheckOutput(in Matrix output, in Matrix theta, in Matrix target, long rows, string name)
    {
        MatrixChecks.CheckOutput(output, rows, theta.Columns, name);
        MatrixChecks.CheckApart(output, name, theta, "theta");
        MatrixChecks.CheckApart(output, name, target, "target");
    }
}
