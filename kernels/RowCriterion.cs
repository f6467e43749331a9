using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>
/// A row's criterion with the row's parameters: the CPU's structs behind one type, so that the compiled kernel holds the search once and not
/// once for each.
/// </summary>
internal struct RowCriterion : IKlCriterion
{
    private int kind;
    private WeightedKl weighted;
    private KlBudget budget;
    private EssFloor floor;

    public readonly bool IsReflected => kind == (int)Criterion.EssBalance || kind == (int)Criterion.EssFloor;

    public readonly bool MayHoldEverywhere => kind == (int)Criterion.KlBudget || kind == (int)Criterion.EssFloor;

    public readonly double End =>
        kind == (int)Criterion.KlBudget ? budget.End
        : kind == (int)Criterion.WeightedKl ? weighted.End
        : kind == (int)Criterion.EssFloor ? floor.End
        : double.NaN;

    /// <summary>A criterion of the KLs whose root is near: log ESS is −2 KL where the policies are.</summary>
    internal readonly RowCriterion Nearby
    {
        get
        {
            RowCriterion near = this;
            near.kind = kind == (int)Criterion.EssFloor ? (int)Criterion.KlBudget : kind == (int)Criterion.EssBalance ? (int)Criterion.KlSymmetry : kind;
            return near;
        }
    }

    internal readonly bool IsFixed => kind == (int)Criterion.FixedAlpha;

    /// <summary>The function looks at log Z, and not at its slope alone.</summary>
    internal readonly bool NeedsLogZ => kind != (int)Criterion.KlSymmetry;

    /// <summary>What the function's values are multiplied by for the residual.</summary>
    internal readonly double Scale => kind == (int)Criterion.WeightedKl ? weighted.Scale : 1;

    internal static double First(in Arguments arguments, long row) =>
        (arguments.Job.RowParameters & Given.First) != 0 ? arguments.RowFirst[row] : arguments.Job.First;

    internal static double Second(in Arguments arguments, long row) =>
        (arguments.Job.RowParameters & Given.Second) != 0 ? arguments.RowSecond[row] : arguments.Job.Second;

    internal static RowCriterion Of(in Arguments arguments, long row)
    {
        RowCriterion criterion = default;
        criterion.kind = arguments.Job.Criterion;
        if (criterion.kind == (int)Criterion.WeightedKl)
        {
            criterion.weighted = new WeightedKl(First(arguments, row), Second(arguments, row));
        }

        if (criterion.kind == (int)Criterion.KlBudget)
        {
            criterion.budget = new KlBudget(First(arguments, row));
        }

        if (criterion.kind == (int)Criterion.EssFloor)
        {
            double share = First(arguments, row);
            criterion.floor = new EssFloor(share);
            criterion.budget = new KlBudget(-0.5 * Elementary.Log(share));
        }

        return criterion;
    }

    /// <summary>What the host could not see of parameters that lie in device memory.</summary>
    internal static bool IsValid(in Arguments arguments, long row)
    {
        int kind = arguments.Job.Criterion;
        double first = First(arguments, row), second = Second(arguments, row);
        bool isAmount = first >= 0 && first <= double.MaxValue;
        return kind == (int)Criterion.KlSymmetry
            || kind == (int)Criterion.EssBalance
            || (kind == (int)Criterion.EssFloor && first > 0 && first <= 1)
            || (kind == (int)Criterion.FixedAlpha && first >= 0 && first <= 1)
            || (kind == (int)Criterion.KlBudget && isAmount)
            || (kind == (int)Criterion.WeightedKl && isAmount && second >= 0 && second <= double.MaxValue && first + second > 0);
    }

    internal readonly double Tolerance(double tolerance) => kind == (int)Criterion.WeightedKl ? weighted.Tolerance(tolerance) : tolerance;

    public readonly double Function(double alpha, in PathValues at) =>
        kind == (int)Criterion.KlSymmetry ? default(KlSymmetry).Function(alpha, at)
        : kind == (int)Criterion.WeightedKl ? weighted.Function(alpha, at)
        : kind == (int)Criterion.KlBudget ? budget.Function(alpha, at)
        : kind == (int)Criterion.EssBalance ? default(EssBalance).Function(alpha, at)
        : kind == (int)Criterion.EssFloor ? floor.Function(alpha, at)
        : default(FixedAlpha).Function(alpha, at);

    public readonly double Slope(double alpha, in PathValues at) =>
        kind == (int)Criterion.KlSymmetry ? default(KlSymmetry).Slope(alpha, at)
        : kind == (int)Criterion.WeightedKl ? weighted.Slope(alpha, at)
        : kind == (int)Criterion.KlBudget ? budget.Slope(alpha, at)
        : kind == (int)Criterion.EssBalance ? default(EssBalance).Slope(alpha, at)
        : kind == (int)Criterion.EssFloor ? floor.Slope(alpha, at)
        : default(FixedAlpha).Slope(alpha, at);

    public readonly double Doubt(double alpha, double logZ, double slope) =>
        kind == (int)Criterion.WeightedKl ? weighted.Doubt(alpha, logZ, slope)
        : kind == (int)Criterion.KlBudget ? budget.Doubt(alpha, logZ, slope)
        : slope;
}
