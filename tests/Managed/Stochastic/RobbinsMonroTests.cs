using System;
using System.Linq;
using Xunit;

namespace Equipoise.Tests.Stochastic;

public static unsafe class RobbinsMonroTests
{
    private static readonly RobbinsMonroOptions Plain = RobbinsMonroOptions.Default;

    /// <summary>g(w) = tanh(w − 1) from 3 with steps 1/k, and its seeded noise besides: the root is 1.</summary>
    [Theory]
    [InlineData(0, 1e-3)]
    [InlineData(1, 0.02)]
    public static void TheExampleConvergesToItsRoot(double noise, double error)
    {
        Random random = new(7);
        using RobbinsMonro iteration = Start([3], Plain);
        for (int k = 0; k < 100_000; k++)
        {
            double draw = random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
            Step(iteration, Math.Tanh(Points(iteration).W[0] - 1) + (2 * noise * draw));
        }

        Assert.InRange(Points(iteration).W[0], 1 - error, 1 + error);
        Assert.Equal(100_000, iteration.K);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0.5, 3, 0.75)]
    [InlineData(2, 10, 0.501)]
    public static void StepsAreTheRules(double c, double k0, double gamma)
    {
        using RobbinsMonro iteration = Start([0], Plain with { C = c, K0 = k0, Gamma = gamma });
        double expected = 0, sum = 0;
        for (int k = 1; k <= 50; k++)
        {
            Step(iteration, -1);
            expected += c / Math.Pow(k + k0, gamma);
            sum += expected;
            (double[] w, double[] average) = Points(iteration);
            Assert.Equal(expected, w[0], 1e-12);
            Assert.Equal(sum / k, average[0], 1e-12);
        }
    }

    [Theory]
    [InlineData(0.5, "squares")]
    [InlineData(0.25, "squares")]
    [InlineData(0, "squares")]
    [InlineData(1.01, "sum of the steps")]
    [InlineData(-1, "at least 0")]
    [InlineData(double.NaN, "finite")]
    [InlineData(double.PositiveInfinity, "finite")]
    public static void TheConditionThatAStepRuleViolatesIsNamed(double gamma, string condition)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Start([0], Plain with { Gamma = gamma }));
        Assert.Equal("gamma", error.ParamName);
        Assert.Contains(condition, error.Message);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.0)]
    public static void TrackingIsExemptFromTheConditions(double gamma)
    {
        // The root moves at step 500: steps that do not die out follow, 1/k stays behind.
        using RobbinsMonro tracking = Start([0], Plain with { Gamma = gamma, C = 0.5, Tracking = 1 }), converging = Start([0], Plain);
        for (int k = 0; k < 1000; k++)
        {
            double root = k < 500 ? 0 : 4;
            Step(tracking, Points(tracking).W[0] - root);
            Step(converging, Points(converging).W[0] - root);
        }

        Assert.InRange(Points(tracking).W[0], 3.99, 4.01);
        Assert.InRange(Points(converging).W[0], 0, 2.5);
    }

    [Fact]
    public static void PointsStayInTheIntervalAndStepsAreClipped()
    {
        using RobbinsMonro iteration = Start([5, -5, 0], Plain with { Low = -1, High = 1, StepClip = 0.25 });
        Assert.Equal([1.0, -1.0, 0.0], Points(iteration).W);
        Step(iteration, -100, -100, 100);
        Assert.Equal([1.0, -0.75, -0.25], Points(iteration).W);
    }

    /// <summary>With steps larger than 1/k the average has the least variance of all: of order 1/k, whatever the constant.</summary>
    [Fact]
    public static void TheAverageIsBetterThanThePoint()
    {
        const int problems = 400, steps = 2000;
        Random random = new(3);
        using RobbinsMonro iteration = Start(new double[problems], Plain with { C = 2, Gamma = 0.6 });
        for (int k = 0; k < steps; k++)
        {
            Step(iteration, [.. Points(iteration).W.Select(w => w + Math.Sqrt(12) * (random.NextDouble() - 0.5))]);
        }

        (double[] w, double[] average) = Points(iteration);
        double point = w.Sum(x => x * x) / problems, mean = average.Sum(x => x * x) / problems;
        Assert.InRange(mean * steps, 0.7, 1.4);
        Assert.True(mean < point / 5, $"{mean} {point}");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public static void ValuesThatAreNotFiniteAreRefusedAndChangeNothing(double bad)
    {
        using RobbinsMonro iteration = Start([1, 2], Plain);
        Assert.Throws<ArgumentException>("g", () => Step(iteration, 1, bad));
        Assert.Equal(0, iteration.K);
        Assert.Equal([1.0, 2.0], Points(iteration).W);
        Assert.Throws<ArgumentException>("w", () => Start([1, bad], Plain));
    }

    [Fact]
    public static void WrongOptionsAreNamed()
    {
        Refused("c", Plain with { C = 0 });
        Refused("c", Plain with { C = double.PositiveInfinity });
        Refused("k0", Plain with { K0 = -1 });
        Refused("low", Plain with { Low = 1, High = 0 });
        Refused("low", Plain with { Low = double.NaN });
        Refused("step_clip", Plain with { StepClip = 0 });
        Assert.Throws<ArgumentException>("size", () => new RobbinsMonro(0, null, Plain));
        Assert.Throws<ArgumentException>("w", () => new RobbinsMonro(1, null, Plain));
    }

    [Fact]
    public static void ASavedStateGoesOn()
    {
        using RobbinsMonro first = Start([1, 2], Plain with { Gamma = 0.7 }), second = Start([9, 9], Plain with { Gamma = 0.7 });
        Step(first, 1, -1);
        States.Restore(States.Save(first.StateSize, first.Save), second.Restore);
        Step(first, 0.5, 0.5);
        Step(second, 0.5, 0.5);
        Assert.Equal(Points(first).W, Points(second).W);
        Assert.Equal(Points(first).Average, Points(second).Average);
        Assert.Equal(2, second.K);
        Assert.Throws<ArgumentException>("state", () => States.Restore([1, 2, 3], second.Restore));
    }

    private static void Refused(string name, RobbinsMonroOptions options) => Assert.Throws<ArgumentException>(name, () => Start([0], options));

    private static RobbinsMonro Start(double[] w, RobbinsMonroOptions options)
    {
        fixed (double* from = w)
        {
            return new(w.Length, from, options);
        }
    }

    private static void Step(RobbinsMonro iteration, params double[] g)
    {
        fixed (double* values = g)
        {
            iteration.Step(values);
        }
    }

    private static (double[] W, double[] Average) Points(RobbinsMonro iteration)
    {
        double[] w = new double[iteration.Size], average = new double[iteration.Size];
        fixed (double* to = w, mean = average)
        {
            iteration.Read(to, mean);
        }

        return (w, average);
    }
}
