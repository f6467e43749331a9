using System;
using Equipoise.Sampling;
using Xunit;

namespace Equipoise.Tests.Sampling;

/// <summary>The generator against the vectors that its authors publish with Random123 (kat_vectors, philox4x32 10).</summary>
public static class PhiloxTests
{
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(
        0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public static void MixGivesThePublishedVectors(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3)
    {
        PhiloxBlock block = Philox.Mix(c0, c1, c2, c3, k0, k1);
        Assert.Equal((x0, x1, x2, x3), (block.X0, block.X1, block.X2, block.X3));
    }

    [Fact]
    public static void SeedIsTheKeyAndOffsetAndStreamAreTheCounterLowWordsFirst()
    {
        PhiloxBlock block = Philox.At(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88);
        Assert.Equal((0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u), (block.X0, block.X1, block.X2, block.X3));
    }

    [Fact]
    public static void UniformsStayInsideTheOpenInterval()
    {
        Assert.Equal(Math.ScaleB(1, -53), Philox.Uniform(0, 0));
        Assert.Equal(1 - Math.ScaleB(1, -53), Philox.Uniform(uint.MaxValue, uint.MaxValue));
        Assert.Equal(0.5 + Math.ScaleB(1, -53), Philox.Uniform(0, 0x80000000));
        Assert.Equal(Math.ScaleB(3, -53), Philox.Uniform(0x1000, 0));
    }

    /// <summary>Means of a million: five standard errors of a fixed sample, so the test cannot flicker.</summary>
    [Fact]
    public static void UniformsHaveTheMomentsOfUniformsAndTheHalvesAreUncorrelated()
    {
        const int count = 1_000_000;
        double first = 0, second = 0, square = 0, product = 0;
        for (uint i = 0; i < count; i++)
        {
            PhiloxBlock block = Philox.At(42, 7, i);
            first += block.First;
            second += block.Second;
            square += block.First * block.First;
            product += (block.First - 0.5) * (block.Second - 0.5);
        }

        double error = 5 / Math.Sqrt(12.0 * count);
        Assert.InRange(first / count, 0.5 - error, 0.5 + error);
        Assert.InRange(second / count, 0.5 - error, 0.5 + error);
        Assert.InRange(square / count, (1 / 3.0) - (2 * error), (1 / 3.0) + (2 * error));
        Assert.InRange(product / count, -5 / (12 * Math.Sqrt(count)), 5 / (12 * Math.Sqrt(count)));
    }
}
