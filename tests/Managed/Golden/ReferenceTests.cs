using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>The f64 reference against the golden answers: the tests' own yardstick is measured first.</summary>
public class ReferenceTests
{
    public static TheoryData<string> Names => [.. GoldenCase.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Agrees_with_the_golden_answer(string name)
    {
        GoldenCase golden = GoldenCase.Named(name);
        SolveOptions options = golden.Options;
        Reference truth = Reference.Of(golden.Theta, golden.Target, options, options.TemperatureTheta, options.TemperatureTarget);
        Assert.Equal(golden.Status, truth.Status);
        if (golden.Solved)
        {
            // An error of some 1e-16 per nat of the logits in Δ; it moves α by 1/Var of that. The rest is compared at the golden α,
            // whose own rounding moves the KLs by Var · 2⁻⁵³.
            double spread = Math.Max(Spread(truth.Theta), Spread(truth.Target));
            double noise = (2e-15 * (1 + golden["kl_theta"] + Math.Sqrt(golden["variance"]))) + (3e-16 * (spread + golden["variance"]));
            double alpha = golden.Status == RowStatus.Ok ? Math.Min(1, 1e-15 + (noise / golden["variance"])) : 0;
            Check.Near("alpha", truth.Alpha, golden["alpha"], alpha);
            Agree(truth.At(golden["alpha"]), golden, noise);
        }
    }

    private static double Spread(Distribution policy)
    {
        double deepest = 0;
        foreach (double below in policy.Below)
        {
            deepest = double.IsNegativeInfinity(below) ? deepest : Math.Min(deepest, below);
        }

        return -deepest;
    }

    private static void Agree(Reference truth, GoldenCase golden, double noise)
    {
        double deviation = Math.Sqrt(golden["variance"]);
        Check.Near("log_z", truth.LogZ, golden["log_z"], noise);
        Check.Near("kl_theta", truth.KlTheta, golden["kl_theta"], 2 * noise);
        Check.Near("kl_target", truth.KlTarget, golden["kl_target"], 2 * noise);
        Check.Near("variance", truth.Variance, golden["variance"], (4 * noise * deviation) + (1e-13 * golden["variance"]));
        Check.Near("ess_theta", truth.EssTheta, golden["ess_theta"], 4 * noise * golden["ess_theta"]);
        Check.Near("ess_target", truth.EssTarget, golden["ess_target"], 4 * noise * golden["ess_target"]);
        foreach ((int token, double logQ) in golden.LogQ)
        {
            Check.Near($"log_q[{token}]", truth.LogQ[token], logQ, noise + (4e-15 * Math.Abs(logQ)));
        }
    }
}
