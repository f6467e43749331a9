using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Criteria;

/// <summary>Each criterion is met where the definitions say, by both methods, in f32 and f64.</summary>
public class RootTests
{
    public static TheoryData<Criterion, double, double, DType, Method> Cases
    {
        get
        {
            TheoryData<Criterion, double, double, DType, Method> cases = [];
            foreach (DType dtype in new[] { DType.F32, DType.F64 })
            {
                foreach (Method method in Enum.GetValues<Method>())
                {
                    cases.Add(Criterion.WeightedKl, 1, 4, dtype, method);
                    cases.Add(Criterion.WeightedKl, 3, 0.25, dtype, method);
                    cases.Add(Criterion.KlBudget, 0.02, 0, dtype, method);
                    cases.Add(Criterion.KlBudget, 0.5, 0, dtype, method);
                    cases.Add(Criterion.EssBalance, 0, 0, dtype, method);
                    cases.Add(Criterion.EssFloor, 0.9, 0, dtype, method);
                    cases.Add(Criterion.EssFloor, 0.1, 0, dtype, method);
                }
            }

            return cases;
        }
    }

    /// <summary>The options of a criterion with its parameters.</summary>
    internal static SolveOptions Options(SolveOptions options, Criterion criterion, double first, double second) => criterion switch
    {
        Criterion.WeightedKl => options with { Criterion = criterion, WeightTheta = first, WeightTarget = second },
        Criterion.KlBudget => options with { Criterion = criterion, Budget = first },
        Criterion.EssFloor => options with { Criterion = criterion, Floor = first },
        _ => options with { Criterion = criterion },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_where_the_definitions_say(Criterion criterion, double first, double second, DType dtype, Method method) => RowPair.ForAll(60, 81, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(dtype).With(o => Options(o, criterion, first, second) with { Method = method, MaxIterations = 80 });
        using Answer answer = problem.Solve();
        Reference any = problem.With(o => o with { Criterion = Criterion.FixedAlpha }).Expected(0);
        if (!any.Solved)
        {
            Assert.Equal(any.Status, answer.Status[0]);
            return;
        }

        CriterionTruth truth = new(any, problem.Options);
        double alpha = answer.Alpha[0];
        Bounds bounds = Check.Around(any.At(alpha), problem.With(o => o with { Criterion = Criterion.FixedAlpha }));
        bool isWeighted = criterion == Criterion.WeightedKl;
        double noise = (isWeighted ? Math.Max(first, second) : 1) * ((4 * bounds.Noise) + (4 * bounds.LogZ) + 1e-13);
        double steepness = truth.Steepness(Math.Clamp(truth.Alpha, 1e-9, 1 - 1e-9));
        bool isClear = noise < 1e-3 * Math.Abs(truth.Function(truth.Status == RowStatus.AtTarget ? 0 : 1)) || truth.Status == RowStatus.Ok;
        bool isFlat = answer.Status[0] == RowStatus.Identical && steepness < 1e-20;
        Assert.True(answer.Status[0] == truth.Status || isFlat || !isClear || noise > 0.01 * steepness, $"{answer.Status[0]} instead of {truth.Status} at {alpha}, {truth.Alpha}");
        if (answer.Status[0] == truth.Status && truth.Status != RowStatus.Identical)
        {
            Reference there = any.At(alpha);
            double allowed = 1e-6 * Math.Max(1, Math.Max(there.KlTheta, there.KlTarget));
            Check.Near("alpha", alpha, truth.Alpha, Math.Min(1, 1e-6 + ((noise + (criterion is Criterion.KlBudget or Criterion.EssFloor ? 1e-12 : 0)) / steepness) + 1e-11));
            Check.Near("residual", answer.Residual[0], Math.Abs(truth.Function(alpha)), noise + (truth.Status == RowStatus.Ok ? allowed : 0));
            Check.Near("kl_theta", answer.KlTheta[0], there.KlTheta, allowed + noise);
            Check.Near("kl_target", answer.KlTarget[0], there.KlTarget, allowed + noise);
            Check.Near("q", Check.TotalVariation(answer.Q(0), there.Q), 0, bounds.TotalVariation + (1e-6 * Math.Sqrt(there.Variance)) + Codec.Roundoff(dtype) + (a.Length * 1e-38));
        }
    });
}
