using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Stochastic;

public static unsafe class RunningMeanTests
{
    [Fact]
    public static void MeanAndVarianceAreThoseOfTwoPasses()
    {
        const int size = 3, count = 500;
        double[][] streams = [.. Enumerable.Range(0, size).Select(j => RowMaker.Fine((ulong)j, count).Select(x => (x * 3) + 1e6).ToArray())];
        using RunningMean mean = new(size);
        for (int i = 0; i < count; i++)
        {
            Take(mean, [.. streams.Select(stream => stream[i])]);
        }

        (double[] means, double[] variances) = Read(mean);
        Assert.Equal(count, mean.Count);
        for (int j = 0; j < size; j++)
        {
            double exact = streams[j].Sum() / count, square = streams[j].Sum(x => (x - exact) * (x - exact)) / (count - 1);
            Check.Near("mean", means[j], exact, 1e-14 * exact);
            Check.Near("variance", variances[j], square, 1e-9 * square);
        }
    }

    [Fact]
    public static void TooFewValuesAreNaN()
    {
        using RunningMean mean = new(1);
        Assert.True(double.IsNaN(Read(mean).Means[0]));
        Take(mean, [7]);
        Assert.Equal(7, Read(mean).Means[0]);
        Assert.True(double.IsNaN(Read(mean).Variances[0]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public static void ValuesThatAreNotFiniteAreRefusedAndChangeNothing(double bad)
    {
        using RunningMean mean = new(2);
        Take(mean, [1, 2, 3, 4]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => Take(mean, [5, 6, 7, bad]));
        Assert.Equal("x", error.ParamName);
        Assert.Equal(2, mean.Count);
        Assert.Equal([2.0, 3.0], Read(mean).Means);
    }

    [Fact]
    public static void ASavedStateGoesOn()
    {
        using RunningMean first = new(2), second = new(2), other = new(3);
        Take(first, [1, 10, 2, 30]);
        double[] state = States.Save(first.StateSize, first.Save);
        States.Restore(state, second.Restore);
        Take(first, [4, 4]);
        Take(second, [4, 4]);
        Assert.Equal(Read(first), Read(second), (a, b) => a.Means.SequenceEqual(b.Means) && a.Variances.SequenceEqual(b.Variances));
        Assert.Throws<ArgumentException>("state", () => States.Restore(state, other.Restore));
        using AlphaTracker tracker = new(2, AlphaTrackerOptions.Default);
        Assert.Throws<ArgumentException>("state", () => States.Restore(States.Save(tracker.StateSize, tracker.Save), second.Restore));
    }

    [Fact]
    public static void WrongArgumentsAreNamed()
    {
        Assert.Throws<ArgumentException>("size", () => new RunningMean(0));
        Assert.Throws<ArgumentException>("size", () => new RunningMean(long.MaxValue));
        using RunningMean mean = new(1);
        Assert.Throws<ArgumentException>("samples", () => mean.Update(null, -1));
        Assert.Throws<ArgumentException>("x", () => mean.Update(null, 1));
        mean.Update(null, 0);
        Assert.Equal(0, mean.Count);
    }

    private static void Take(RunningMean mean, double[] x)
    {
        fixed (double* values = x)
        {
            mean.Update(values, x.Length / mean.Size);
        }
    }

    private static (double[] Means, double[] Variances) Read(RunningMean mean)
    {
        double[] means = new double[mean.Size], variances = new double[mean.Size];
        fixed (double* m = means, v = variances)
        {
            mean.Read(m, v);
        }

        return (means, variances);
    }
}
