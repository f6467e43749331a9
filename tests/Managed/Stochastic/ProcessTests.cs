using System;
using System.Linq;
using Xunit;

namespace Equipoise.Tests.Stochastic;

/// <summary>Simulated processes: where the conditions hold, and where they fail. Bounds are at five standard errors of fixed seeds.</summary>
public static unsafe class ProcessTests
{
    private const int Paths = 2000;

    /// <summary>α = β = 1/k is the mean of the noise: variance 1/k exactly, whatever the start.</summary>
    [Fact]
    public static void DvoretzkyOfHarmonicStepsIsTheMeanOfItsNoise()
    {
        double[] values = Dvoretzky(DvoretzkyOptions.Default with { Initial = 100, Steps = 500 });
        Assert.InRange(MeanSquare(values) * 500, 1 - (5 * Math.Sqrt(2.0 / Paths)), 1 + (5 * Math.Sqrt(2.0 / Paths)));
    }

    /// <summary>Σα finite: a share of the start stays for ever, Π(1 − ½/k²) = sin(π/√2)/(π/√2).</summary>
    [Fact]
    public static void DvoretzkyRemembersItsStartWhereTheStepsAreSummable()
    {
        double[] values = Dvoretzky(DvoretzkyOptions.Default with { AlphaC = 0.5, AlphaGamma = 2, BetaC = 0, Steps = 4000 });
        double angle = Math.PI / Math.Sqrt(2);
        Assert.All(values, value => Assert.Equal(Math.Sin(angle) / angle, value, 1e-4));
    }

    /// <summary>Σβ² infinite: with constant α = β = ½ the noise stays at β²/(1 − (1 − α)²) = 1/3.</summary>
    [Fact]
    public static void DvoretzkyKeepsNoiseThatDoesNotDieOut()
    {
        double[] values = Dvoretzky(DvoretzkyOptions.Default with { AlphaC = 0.5, AlphaGamma = 0, BetaC = 0.5, BetaGamma = 0 });
        Assert.InRange(MeanSquare(values) * 3, 1 - (5 * Math.Sqrt(2.0 / Paths)), 1 + (5 * Math.Sqrt(2.0 / Paths)));
    }

    [Theory]
    [InlineData(SgdObjective.Quadratic, 1.0, 1.0)]
    [InlineData(SgdObjective.Quadratic, 2.0, 1.0)]
    [InlineData(SgdObjective.LogCosh, 2.0, 1.0)]
    [InlineData(SgdObjective.LogCosh, 1.0, 0.7)]
    public static void SgdConvergesToTheCentre(SgdObjective objective, double c, double gamma)
    {
        SgdOptions options = SgdOptions.Default with { Objective = objective, Center = 2, Initial = 4, C = c, Gamma = gamma, Steps = 4000, Every = 1000 };
        double[] values = Sgd(options), first = values[..Paths], last = values[(3 * Paths)..];
        Assert.InRange(last.Average(), 1.97, 2.03);
        Assert.InRange(MeanSquare([.. first.Select(w => w - 2)]) / MeanSquare([.. last.Select(w => w - 2)]), 0.7 * Math.Pow(4, gamma), 1.5 * Math.Pow(4, gamma));
    }

    /// <summary>Constant steps: the noise stays, a/(2 − a) of it for the quadratic.</summary>
    [Fact]
    public static void SgdWithConstantStepsKeepsItsNoise()
    {
        double stays = MeanSquare(Sgd(SgdOptions.Default with { Initial = 0, C = 0.5, Gamma = 0 }));
        Assert.InRange(stays * 3, 1 - (5 * Math.Sqrt(2.0 / Paths)), 1 + (5 * Math.Sqrt(2.0 / Paths)));
    }

    [Fact]
    public static void APathDependsOnItsStreamAlone()
    {
        double[] all = Sgd(SgdOptions.Default with { Steps = 200, Threads = 0 }), one = new double[1];
        Assert.Equal(all, Sgd(SgdOptions.Default with { Steps = 200, Threads = 1 }));
        fixed (double* value = one)
        {
            Processes.Sgd(1, SgdOptions.Default with { Steps = 200, Stream = 17 }, value);
        }

        Assert.Equal(all[17], one[0]);
        Assert.NotEqual(all, Sgd(SgdOptions.Default with { Steps = 200, Seed = 1 }));
    }

    [Fact]
    public static void WrongArgumentsAreNamed()
    {
        DvoretzkyOptions process = DvoretzkyOptions.Default;
        Refused("initial", process with { Initial = double.NaN });
        Refused("alpha_c", process with { AlphaC = -1 });
        Refused("beta_c", process with { BetaC = double.PositiveInfinity });
        Refused("gamma", process with { BetaGamma = double.NaN });
        Refused("steps", process with { Steps = 0 });
        Refused("every", process with { Every = 7 });
        Refused("threads", process with { Threads = -1 });
        SgdOptions descent = SgdOptions.Default;
        Refused("objective", descent with { Objective = (SgdObjective)5 });
        Refused("noise", descent with { Noise = -1 });
        Refused("center", descent with { Center = double.NegativeInfinity });
        Refused("c", descent with { C = 0 });
        Refused("k0", descent with { K0 = double.NaN });
        Assert.Throws<ArgumentException>("values", () => Processes.Sgd(1, descent, null));
        Assert.Throws<ArgumentException>("paths", () => Processes.Sgd(-1, descent, null));
        Processes.Sgd(0, descent, null);
    }

    private static void Refused(string name, DvoretzkyOptions options) => Assert.Throws<ArgumentException>(name, () => Dvoretzky(options));

    private static void Refused(string name, SgdOptions options) => Assert.Throws<ArgumentException>(name, () => Sgd(options));

    private static double MeanSquare(double[] values) => values.Average(x => x * x);

    private static double[] Dvoretzky(DvoretzkyOptions options)
    {
        double[] values = new double[Paths];
        fixed (double* to = values)
        {
            Processes.Dvoretzky(Paths, options, to);
        }

        return values;
    }

    private static double[] Sgd(SgdOptions options)
    {
        double[] values = new double[Paths * (options.Every > 0 ? Math.Max(1, options.Steps / options.Every) : 1)];
        fixed (double* to = values)
        {
            Processes.Sgd(Paths, options, to);
        }

        return values;
    }
}
