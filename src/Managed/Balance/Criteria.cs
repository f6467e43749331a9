using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>From an enumerator and its parameters to the struct that stands for a row's criterion.</summary>
internal static unsafe class Criteria
{
    internal static RowResult Solve(RowState* state, in SolveJob job, long row, void* q)
    {
        ref readonly SolveOptions options = ref job.Options;
        return options.Criterion switch
        {
            Criterion.KlSymmetry => Search(state, job, q, default(KlSymmetry)),
            Criterion.WeightedKl => Scaled(state, job, q, new WeightedKl(
                OfRow(options.RowWeightTheta, options.WeightTheta, row), OfRow(options.RowWeightTarget, options.WeightTarget, row))),
            Criterion.KlBudget => Search(state, job, q, new KlBudget(OfRow(options.RowBudget, options.Budget, row))),
            Criterion.EssBalance => Reflect(state, job, q, default(EssBalance)),
            Criterion.EssFloor => Reflect(state, job, q, new EssFloor(OfRow(options.RowFloor, options.Floor, row))),
            _ => RowSolver.SolveFixed(state, job, q, OfRow(options.RowAlpha, options.Alpha, row)),
        };
    }

    /// <summary>Every parameter of the criterion, for every row that is solved.</summary>
    internal static void Check(in SolveOptions options, long rows)
    {
        switch (options.Criterion)
        {
            case Criterion.WeightedKl:
                CheckWeights(options, rows);
                break;
            case Criterion.KlBudget:
                ParameterChecks.Check(options.RowBudget, options.Budget, rows, options.RowMask, "budget", &ParameterChecks.IsAmount, "finite and at least 0");
                break;
            case Criterion.EssFloor:
                ParameterChecks.Check(options.RowFloor, options.Floor, rows, options.RowMask, "floor", &ParameterChecks.IsShare, "above 0 and at most 1");
                break;
            case Criterion.FixedAlpha:
                ParameterChecks.Check(options.RowAlpha, options.Alpha, rows, options.RowMask, "alpha", &ParameterChecks.IsPlace, "in [0, 1]");
                break;
        }
    }

    private static RowResult Search<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion)
        where TCriterion : struct, IKlCriterion => job.Options.Method == Method.Bisection
            ? Bisection.Solve(state, criterion, job.Options)
            : RowSolver.Solve(state, job, q, criterion);

    private static RowResult Scaled(RowState* state, in SolveJob job, void* q, WeightedKl criterion)
    {
        SolveJob scaled = job;
        scaled.Options.Tolerance = criterion.Tolerance(job.Options.Tolerance);
        RowResult result = Search(state, scaled, q, criterion);
        result.Value *= criterion.Scale;
        return result;
    }

    private static RowResult Reflect<TCriterion>(RowState* state, in SolveJob job, void* q, TCriterion criterion)
        where TCriterion : struct, IReflectedCriterion => job.Options.Method == Method.Bisection
            ? Bisection.Solve(state, criterion, job.Options)
            : ReflectedSolver.Solve(state, job, q, criterion);

    private static double OfRow(double* perRow, double one, long row) => perRow == null ? one : perRow[row];

    private static void CheckWeights(in SolveOptions options, long rows)
    {
        ParameterChecks.Check(
            options.RowWeightTheta, options.WeightTheta, rows, options.RowMask, "weight_theta", &ParameterChecks.IsAmount, "finite and at least 0");
        ParameterChecks.Check(
            options.RowWeightTarget, options.WeightTarget, rows, options.RowMask, "weight_target", &ParameterChecks.IsAmount, "finite and at least 0");
        bool isPerRow = options.RowWeightTheta != null || options.RowWeightTarget != null;
        for (long row = 0; row < (isPerRow ? rows : 1); row++)
        {
            bool isSkipped = isPerRow && options.RowMask != null && options.RowMask[row] == 0;
            if (!isSkipped && OfRow(options.RowWeightTheta, options.WeightTheta, row) == 0 && OfRow(options.RowWeightTarget, options.WeightTarget, row) == 0)
            {
                string which = isPerRow ? $" in row {row}" : "";
                MatrixChecks.Require(false, "weight_theta", $"weight_theta and weight_target are both 0{which}: one must be above");
            }
        }
    }
}
