using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>The reference method: bisection as the original implementation in PyTorch does it, and its agreement with Newton.</summary>
public class BisectionTests
{
    private const double Epsilon = 1e-10;

    [Theory]
    [InlineData(2)]
    [InlineData(33)]
    [InlineData(1000)]
    [InlineData(20000)]
    public void With_epsilon_gives_the_very_alpha_of_the_original(int width)
    {
        for (ulong seed = 1; seed <= 8; seed++)
        {
            double[] a = Probabilities(2 * seed, width), b = Probabilities((2 * seed) + 1, width);
            (double alpha, double[] q, int halvings) = Original(a, b, 1e-6, 50);
            Problem problem = new Problem(a, b).As(DType.F64).With(o => Seeded(o, 1e-6, 50));
            using Answer answer = problem.Solve();
            Assert.Equal(RowStatus.Ok, answer.Status[0]);
            Assert.Equal(alpha, answer.Alpha[0]);
            Assert.Equal(halvings, answer.Iterations[0]);
            Check.Near("q", Check.TotalVariation(answer.Q(0), q), 0, 1e-13);
        }
    }

    [Fact]
    public void With_epsilon_zero_probabilities_are_small_ones()
    {
        double[] a = [0.5, 0.25, 0.25, 0], b = [0, 0.5, 0.125, 0.375];
        foreach ((double tolerance, int halvings) in new[] { (1e-6, 50), (1e-3, 50), (1e-9, 12) })
        {
            (double alpha, double[] q, int made) = Original(a, b, tolerance, halvings);
            using Answer answer = new Problem(a, b).As(DType.F64).With(o => Seeded(o, tolerance, halvings)).Solve();
            Assert.Equal(alpha, answer.Alpha[0]);
            Assert.Equal(made, answer.Iterations[0]);
            Check.Near("q", Check.TotalVariation(answer.Q(0), q), 0, 1e-15);
        }
    }

    [Fact]
    public void Halves_until_the_bracket_is_under_the_tolerance()
    {
        foreach (int exponent in new[] { 3, 8, 15 })
        {
            Problem problem = new Problem(RowMaker.Coarse(1, 500), RowMaker.Coarse(2, 500)).With(o => o with
            {
                Method = Method.Bisection,
                Tolerance = Math.ScaleB(1, -exponent),
                MaxIterations = 60,
            });
            using Answer answer = problem.Solve();
            Assert.InRange(answer.Iterations[0], exponent, 60);
            Check.Near("alpha", answer.Alpha[0], problem.Expected(0).Alpha, Math.ScaleB(1, -exponent));
            double lattice = Math.ScaleB(answer.Alpha[0], answer.Iterations[0] + 1);
            Assert.True(Math.Floor(lattice) == lattice, $"alpha {answer.Alpha[0]:R} is no midpoint after {answer.Iterations[0]} halvings");
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Agrees_with_Newton(DType dtype) => RowPair.ForAll(60, 91, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem newton = new Problem(a, b).As(dtype), bisection = newton.With(o => o with { Method = Method.Bisection });
        using Answer fast = newton.Solve(), slow = bisection.Solve();
        Reference truth = newton.Expected(0);
        if (truth.Solved)
        {
            Bounds bounds = Check.Around(truth, newton);
            Check.Near("alpha", fast.Alpha[0], slow.Alpha[0], 2 * bounds.Alpha);
            Check.Near("log_z", fast.LogZ[0], slow.LogZ[0], 2 * bounds.LogZ);
            double rounding = Codec.Roundoff(dtype) * (1 + (a.Length * Codec.SmallestNormal(dtype)));
            Check.Near("q", Check.TotalVariation(fast.Q(0), slow.Q(0)), 0, 2 * (bounds.TotalVariation + rounding + (a.Length * 1e-38)));
        }
    });

    private static SolveOptions Seeded(SolveOptions options, double tolerance, int halvings) => options with
    {
        Scores = Scores.Probs,
        Method = Method.Bisection,
        ProbabilityEpsilon = Epsilon,
        Tolerance = tolerance,
        MaxIterations = halvings,
    };

    /// <summary>The original's loop, in f64: ε joins every probability, nothing is renormalised, the bracket alone stops it.</summary>
    private static (double Alpha, double[] Q, int Halvings) Original(double[] piTheta, double[] piTarget, double tolerance, int most)
    {
        double[] x = Array.ConvertAll(piTheta, p => Math.Log(p + Epsilon)), y = Array.ConvertAll(piTarget, p => Math.Log(p + Epsilon));
        double low = 0, high = 1;
        int halvings = 0;
        while (halvings < most)
        {
            halvings++;
            double middle = (low + high) / 2;
            double[] q = Softmax(x, y, middle);
            double delta = q.Select((w, i) => w * (y[i] - x[i])).Sum();
            (low, high) = delta > 0 ? (middle, high) : (low, middle);
            if (high - low < tolerance)
            {
                break;
            }
        }

        return ((low + high) / 2, Softmax(x, y, (low + high) / 2), halvings);
    }

    private static double[] Softmax(double[] x, double[] y, double alpha)
    {
        double[] logs = [.. x.Zip(y, (s, t) => (alpha * s) + ((1 - alpha) * t))];
        double largest = logs.Max(), mass = logs.Sum(v => Math.Exp(v - largest));
        return Array.ConvertAll(logs, v => Math.Exp(v - largest) / mass);
    }

    private static double[] Probabilities(ulong seed, int width)
    {
        double[] weights = Array.ConvertAll(RowMaker.Normal(seed, width, 1), Math.Exp);
        double mass = Check.Mass(weights);
        return Array.ConvertAll(weights, w => w / mass);
    }
}
