using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Stochastic;

/// <summary>α* from samples against α* from sums.</summary>
public static unsafe class AlphaTrackerTests
{
    private const int Columns = 16;
    private const int Samples = 4;
    private const int Repeats = 48;

    /// <summary>For calls that fail before they read.</summary>
    private static readonly double* Anywhere = (double*)8;

    private static readonly Problem Row = new Problem(RowMaker.Fine(61, Columns), RowMaker.Fine(62, Columns)).As(DType.F64);

    private static readonly Reference Exact = Row.Expected(0);

    /// <summary>
    /// From q_α itself, or from another policy with weights: the error falls as 1/√k. Over so many repeats its root mean square is known to a tenth, and
    /// the bounds are four times that.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public static void AlphaConvergesAsOneOverTheRootOfK(bool isFresh)
    {
        using AlphaTracker tracker = new(Repeats, AlphaTrackerOptions.Default);
        Random random = new(5);
        double early = 0;
        for (int k = 1; k <= 6400; k++)
        {
            Update(tracker, random, isFresh);
            early = k == 400 ? Error(tracker) : early;
        }

        double late = Error(tracker), variance = Read(tracker).Variance.Average();
        Assert.InRange(early / late, 4 / 1.5, 4 * 1.5);
        Assert.InRange(variance / Variance(), 0.9, 1.1);
        if (isFresh)
        {
            Assert.InRange(late * Math.Sqrt(6400 * Samples * Variance()), 0.6, 1.5);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public static void ARowWithABadRatioStaysAsItWas(double bad)
    {
        using AlphaTracker tracker = new(3, AlphaTrackerOptions.Default with { Gain = Gain.Constant, Constant = 0.1 });
        RowStatus[] status = new RowStatus[3];
        byte[] mask = [1, 1, 0];
        fixed (double* ratios = new[] { 1.0, 2.0, 1.0, bad, 1.0, 1.0 })
        fixed (RowStatus* statuses = status)
        fixed (byte* rows = mask)
        {
            tracker.Update(ratios, 2, rows, statuses);
        }

        Assert.Equal([RowStatus.Ok, RowStatus.Invalid, RowStatus.Skipped], status);
        (double[] alpha, double[] variance, long[] updates) = Read(tracker);
        Assert.Equal([0.65, 0.5, 0.5], alpha.Select(a => Math.Round(a, 12)));
        Assert.Equal([1L, 0, 0], updates);
        Assert.True(double.IsNaN(variance[1]) && double.IsNaN(variance[2]));
    }

    [Theory]
    [InlineData(double.NaN, -1, -1, RowStatus.Invalid)]
    [InlineData(-1, double.PositiveInfinity, -1, RowStatus.Invalid)]
    [InlineData(-1, -1, double.NegativeInfinity, RowStatus.Invalid)]
    [InlineData(double.NegativeInfinity, -1, -1, RowStatus.Invalid)]
    [InlineData(-2, -1, -1, RowStatus.Ok)]
    public static void LogProbabilitiesOffThePathAreChecked(double theta, double target, double mu, RowStatus expected)
    {
        using AlphaTracker tracker = new(1, AlphaTrackerOptions.Default);
        RowStatus status;
        tracker.UpdateOffPath(&theta, &target, &mu, 1, null, &status);
        Assert.Equal(expected, status);
        Assert.Equal(expected == RowStatus.Ok ? 1L : 0, Read(tracker).Updates[0]);
    }

    /// <summary>Alpha stays in [0, 1], and every gain is its definition.</summary>
    [Fact]
    public static void GainsAreTheirDefinitions()
    {
        using AlphaTracker constant = new(1, AlphaTrackerOptions.Default with { Gain = Gain.Constant, Constant = 2 });
        double up = 5, down = -5;
        constant.Update(&up, 1, null, null);
        Assert.Equal(1, Read(constant).Alpha[0]);
        constant.Update(&down, 1, null, null);
        Assert.Equal(0, Read(constant).Alpha[0]);

        // The first variance is the square of the first ratio: the first step is 1/ℓ of either rule.
        foreach (Gain gain in new[] { Gain.Harmonic, Gain.Sqrt })
        {
            using AlphaTracker tracker = new(1, AlphaTrackerOptions.Default with { Gain = gain });
            tracker.Update(&up, 1, null, null);
            Assert.Equal(0.7, Read(tracker).Alpha[0], 1e-12);
        }
    }

    [Theory]
    [InlineData(Gain.Harmonic)]
    [InlineData(Gain.Sqrt)]
    [InlineData(Gain.Constant)]
    public static void ASavedStateGoesOn(Gain gain)
    {
        AlphaTrackerOptions options = AlphaTrackerOptions.Default with { Gain = gain };
        using AlphaTracker first = new(Repeats, options), second = new(Repeats, options), other = new(1, options);
        Update(first, new Random(1), isFresh: false);
        double[] state = States.Save(first.StateSize, first.Save);
        States.Restore(state, second.Restore);
        Update(first, new Random(2), isFresh: false);
        Update(second, new Random(2), isFresh: false);
        Assert.Equal(Read(first).Alpha, Read(second).Alpha);
        Assert.Equal(Read(first).Variance, Read(second).Variance);
        Assert.Throws<ArgumentException>("state", () => States.Restore(state, other.Restore));
    }

    [Fact]
    public static void WrongArgumentsAreNamed()
    {
        AlphaTrackerOptions plain = AlphaTrackerOptions.Default;
        Assert.Throws<ArgumentException>("rows", () => new AlphaTracker(0, plain));
        Assert.Throws<ArgumentException>("gain", () => new AlphaTracker(1, plain with { Gain = (Gain)9 }));
        Assert.Throws<ArgumentException>("alpha", () => new AlphaTracker(1, plain with { Alpha = 1.5 }));
        Assert.Throws<ArgumentException>("alpha", () => new AlphaTracker(1, plain with { Alpha = double.NaN }));
        Assert.Throws<ArgumentException>("constant", () => new AlphaTracker(1, plain with { Gain = Gain.Constant, Constant = double.NaN }));
        using AlphaTracker tracker = new(1, plain);
        Assert.Throws<ArgumentException>("samples", () => tracker.Update(Anywhere, 0, null, null));
        Assert.Throws<ArgumentException>("log_ratio", () => tracker.Update(null, 1, null, null));
        Assert.Throws<ArgumentException>("log_mu", () => tracker.UpdateOffPath(Anywhere, Anywhere, null, 1, null, null));
    }

    /// <summary>Draws for every row from its own q_α, or from the policy's softmax at half its temperature.</summary>
    private static void Update(AlphaTracker tracker, Random random, bool isFresh)
    {
        double[] theta = new double[Repeats * Samples], target = new double[theta.Length], mu = new double[theta.Length], alpha = Read(tracker).Alpha;
        for (int i = 0; i < theta.Length; i++)
        {
            double at = alpha[i / Samples];
            double[] log = Normalised(j => isFresh ? (at * Exact.Theta.Log(j)) + ((1 - at) * Exact.Target.Log(j)) : Exact.Theta.Log(j) / 2);
            int token = Draw(log, random.NextDouble());
            (theta[i], target[i], mu[i]) = (Exact.Theta.Log(token), Exact.Target.Log(token), log[token]);
        }

        double[] ratio = [.. target.Zip(theta, (a, b) => a - b)];
        fixed (double* logTheta = theta, logTarget = target, logMu = mu, logRatio = ratio)
        {
            if (isFresh)
            {
                tracker.Update(logRatio, Samples, null, null);
            }
            else
            {
                tracker.UpdateOffPath(logTheta, logTarget, logMu, Samples, null, null);
            }
        }
    }

    private static double[] Normalised(Func<int, double> scores)
    {
        double[] log = [.. Enumerable.Range(0, Columns).Select(scores)];
        double mass = Math.Log(log.Sum(Math.Exp));
        return Array.ConvertAll(log, x => x - mass);
    }

    private static int Draw(double[] log, double place)
    {
        int token = 0;
        for (double sum = Math.Exp(log[0]); sum <= place && token < Columns - 1; sum += Math.Exp(log[token]))
        {
            token++;
        }

        return token;
    }

    private static double Error(AlphaTracker tracker) => Math.Sqrt(Read(tracker).Alpha.Average(alpha => (alpha - Exact.Alpha) * (alpha - Exact.Alpha)));

    /// <summary>Var_q[ℓ] at α*, where E_q[ℓ] = 0.</summary>
    private static double Variance() => Enumerable.Range(0, Columns).Sum(j => Exact.Q[j] * Math.Pow(Exact.Target.Log(j) - Exact.Theta.Log(j), 2));

    private static (double[] Alpha, double[] Variance, long[] Updates) Read(AlphaTracker tracker)
    {
        double[] alpha = new double[tracker.Rows], variance = new double[tracker.Rows];
        long[] updates = new long[tracker.Rows];
        fixed (double* a = alpha, v = variance)
        fixed (long* u = updates)
        {
            tracker.Read(a, v, u);
        }

        return (alpha, variance, updates);
    }
}
