using System;

namespace Equipoise.Tests.Support;

/// <summary>Where a criterion is met, by bisection of its function as the definitions have it.</summary>
internal sealed class CriterionTruth
{
    private readonly Reference row;
    private readonly SolveOptions options;

    /// <param name="row">Any point of the row's path.</param>
    /// <param name="options">The criterion and its parameters.</param>
    public CriterionTruth(Reference row, SolveOptions options)
    {
        (this.row, this.options) = (row, options);
        (Alpha, Status) = Solve();
    }

    public double Alpha { get; }

    public RowStatus Status { get; }

    private bool IsBounded => options.Criterion is Criterion.KlBudget or Criterion.EssFloor;

    /// <summary>The function of the criterion, which falls with α; infinite where an ESS is 0, that of the common tokens where both are.</summary>
    public double Function(double alpha)
    {
        Reference at = row.At(alpha);
        return options.Criterion switch
        {
            Criterion.WeightedKl => (options.WeightTheta * at.KlTheta) - (options.WeightTarget * at.KlTarget),
            Criterion.KlBudget => at.KlTheta - options.Budget,
            Criterion.EssBalance when at.EssTheta == 0 && at.EssTarget == 0 => row.At(2 - alpha).LogZ - row.At(-alpha).LogZ,
            Criterion.EssBalance => Math.Log(at.EssTarget) - Math.Log(at.EssTheta),
            Criterion.EssFloor => Math.Log(options.Floor) - Math.Log(at.EssTheta),
            _ => at.Mean,
        };
    }

    /// <summary>Its derivative, as a size.</summary>
    public double Steepness(double alpha)
    {
        Reference at = row.At(alpha);
        return options.Criterion switch
        {
            Criterion.WeightedKl => at.Variance * ((options.WeightTheta * (1 - alpha)) + (options.WeightTarget * alpha)),
            Criterion.KlBudget => at.Variance * (1 - alpha),
            Criterion.EssBalance => row.Expect(-alpha, row.Ratio) - row.Expect(2 - alpha, row.Ratio),
            Criterion.EssFloor => at.Mean - row.Expect(2 - alpha, row.Ratio),
            _ => at.Variance,
        };
    }

    private (double Alpha, RowStatus Status) Solve()
    {
        if (row.Identical() && !IsBounded)
        {
            return (0.5, RowStatus.Identical);
        }

        if (Function(0) < 0)
        {
            return (0, RowStatus.AtTarget);
        }

        double low = 0, high = 1;
        while (high - low > 1e-13)
        {
            double middle = (low + high) / 2;
            (low, high) = Function(middle) > 0 ? (middle, high) : (low, middle);
        }

        bool isBeyond = low > 1 - 1e-12 && Function(1) > 1e-12;
        return isBeyond ? (1, RowStatus.AtTheta) : ((low + high) / 2, RowStatus.Ok);
    }
}
