using System;
using System.Linq;
using Equipoise.Tests.Vectors.Measurement;
using Xunit;

namespace Equipoise.Tests.Vectors;

/// <summary>What the functions give at the arguments that the sweeps rely on.</summary>
public class SpecialValueTests
{
    [Fact]
    public void The_weight_of_a_largest_score_is_exactly_1()
    {
        foreach (LaneFunctions<float> lanes in LaneFunctions.F32)
        {
            Assert.Equal([1, 1], Call(lanes.Exp2, 0, -0f));
            Assert.Equal([1, 1], Call(lanes.Exp2OfProduct, 0, -0f));
        }

        foreach (LaneFunctions<double> lanes in LaneFunctions.F64)
        {
            Assert.Equal([1, 1], Call(lanes.Exp2, 0, -0.0));
            Assert.Equal([1, 1], Call(lanes.Exp2OfProduct, 0, -0.0));
        }
    }

    [Fact]
    public void Whole_powers_are_exact()
    {
        float[] powers = [.. Enumerable.Range(-126, 253).Select(n => (float)n)];
        Assert.All(LaneFunctions.F32, lanes => Assert.Equal(powers.Select(n => MathF.ScaleB(1, (int)n)), Call(lanes.Exp2, powers)));
        double[] wide = [.. Enumerable.Range(-1021, 2043).Select(n => (double)n)];
        Assert.All(LaneFunctions.F64, lanes => Assert.Equal(wide.Select(n => Math.ScaleB(1, (int)n)), Call(lanes.Exp2, wide)));
    }

    [Fact]
    public void Far_below_the_smallest_normal_number_there_is_nothing_left()
    {
        Assert.All(LaneFunctions.F32, lanes => Assert.Equal([0, 0, 0], Call(lanes.Exp2, -151, -1e4f, -1e5f)));
        Assert.All(LaneFunctions.F64, lanes => Assert.Equal([0, 0, 0], Call(lanes.Exp2, -1100, -1e4, -1e5)));
    }

    [Fact]
    public void Between_the_normal_numbers_and_0_an_error_is_below_the_smallest_normal_number()
    {
        float[] x = [.. Enumerable.Range(0, 2500).Select(i => -126 - (i * 0.01f))];
        foreach (LaneFunctions<float> lanes in LaneFunctions.F32)
        {
            Assert.All(x.Zip(Call(lanes.Exp2, x)), pair => Assert.InRange(pair.Second, 0, MathF.ScaleB(1, -126)));
        }
    }

    [Fact]
    public void Products_below_the_lowest_keep_at_most_the_smallest_normal_number()
    {
        float[] x = [-174.68f, -175, -200, -1e4f, -1e30f];
        Assert.All(LaneFunctions.F32, lanes => Assert.All(Call(lanes.Exp2OfProduct, x), y => Assert.InRange(y, 0, MathF.ScaleB(1, -126))));
    }

    [Fact]
    public void Logarithms_of_0_1_and_negative_numbers()
    {
        Assert.All(LaneFunctions.F32, lanes => Assert.Equal(
            [float.NegativeInfinity, 0, float.NaN, float.PositiveInfinity, float.NaN],
            Call(lanes.Log, 0, 1, -1, float.PositiveInfinity, float.NaN)));
        Assert.All(LaneFunctions.F64, lanes => Assert.Equal(
            [double.NegativeInfinity, 0, double.NaN, double.PositiveInfinity, double.NaN],
            Call(lanes.Log, 0, 1, -1, double.PositiveInfinity, double.NaN)));
    }

    private static T[] Call<T>(ArrayFunction<T> function, params T[] x)
        where T : struct
    {
        T[] arguments = new T[(x.Length + Inputs.Step - 1) / Inputs.Step * Inputs.Step], results = new T[arguments.Length];
        x.CopyTo(arguments, 0);
        function(arguments, results);
        return results[..x.Length];
    }
}
