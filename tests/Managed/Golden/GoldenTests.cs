using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Golden;

/// <summary>The library against the golden answers, in every element type that holds the row exactly.</summary>
public class GoldenTests
{
    public static TheoryData<string, DType> Cases
    {
        get
        {
            TheoryData<string, DType> cases = [];
            foreach (string name in GoldenCase.Names)
            {
                GoldenCase golden = GoldenCase.Named(name);
                foreach (DType dtype in Codec.All)
                {
                    if (golden.Fits(dtype))
                    {
                        cases.Add(name, dtype);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Newton(string name, DType dtype) => Agrees(name, dtype, Method.Newton, dtype == DType.F64 ? 1e-12 : 1e-6);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bisection(string name, DType dtype) => Agrees(name, dtype, Method.Bisection, 1e-9);

    private static void Agrees(string name, DType dtype, Method method, double tolerance)
    {
        GoldenCase golden = GoldenCase.Named(name);
        SolveOptions options = golden.Options with { Method = method, Tolerance = tolerance, MaxIterations = 80 };
        Problem problem = new Problem(golden.Theta, golden.Target) { Options = options }.As(dtype);
        using Answer answer = problem.Solve();
        Reference truth = problem.Expected(0);
        Check.Row(problem, answer, 0, truth);
        if (golden.Solved)
        {
            Bounds bounds = Check.Around(truth, problem);
            Check.Near("alpha", answer.Alpha[0], golden["alpha"], bounds.Alpha);
            Check.Near("log_z", answer.LogZ[0], golden["log_z"], bounds.LogZ);
            Check.Near("kl_theta", answer.KlTheta[0], golden["kl_theta"], bounds.Kl);
            Check.Near("kl_target", answer.KlTarget[0], golden["kl_target"], bounds.Kl);
            Check.Near("ess_theta", answer.EssTheta[0], golden["ess_theta"], bounds.Ess(golden["ess_theta"], 2 - truth.Alpha));
            Check.Near("ess_target", answer.EssTarget[0], golden["ess_target"], bounds.Ess(golden["ess_target"], -truth.Alpha));
            foreach ((int token, double logQ) in golden.LogQ)
            {
                double bound = double.IsInfinity(logQ) ? 0 : bounds.LogQ(token) + (Math.Abs(logQ) * Codec.Roundoff(problem.LogQType));
                Check.Near($"log_q[{token}]", answer.LogQ(0)[token], logQ, bound);
            }
        }
    }
}
