using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>d α/d logits of the criteria that look at the ESSs, against central differences of solves.</summary>
public unsafe class EssGradientTests
{
    private const int Columns = 23;
    private const double Step = 1e-5;

    [Theory]
    [InlineData(Criterion.EssBalance, 0.5)]
    [InlineData(Criterion.EssFloor, 0.6)]
    [InlineData(Criterion.EssFloor, 0.9)]
    public void Of_alpha_is_its_slope(Criterion criterion, double floor)
    {
        double[] theta = RowMaker.Coarse(1, Columns), target = RowMaker.Coarse(2, Columns);
        SolveOptions options = SolveOptions.Default with { Criterion = criterion, Floor = floor, Tolerance = 1e-13, Threads = 1 };
        double[] ofTheta = new double[Columns], ofTarget = new double[Columns];
        Differentiate(theta, target, options, ofTheta, ofTarget);
        foreach (int column in (ReadOnlySpan<int>)[0, 9, Columns - 1])
        {
            Check.Near("of theta", ofTheta[column], Slope(theta, target, options, theta, column), 1e-8);
            Check.Near("of target", ofTarget[column], Slope(theta, target, options, target, column), 1e-8);
        }
    }

    private static double Slope(double[] theta, double[] target, in SolveOptions options, double[] moved, int column)
    {
        double start = moved[column];
        moved[column] = start + Step;
        double above = Alpha(theta, target, options);
        moved[column] = start - Step;
        double below = Alpha(theta, target, options);
        moved[column] = start;
        Assert.InRange(above, 1e-3, 1 - 1e-3);
        return (above - below) / (2 * Step);
    }

    private static double Alpha(double[] theta, double[] target, in SolveOptions options)
    {
        double alpha;
        fixed (double* a = theta, b = target)
        {
            Equilibrium.Solve(Row(a), Row(b), options, new Solution { Alpha = &alpha });
        }

        return alpha;
    }

    private static void Differentiate(double[] theta, double[] target, in SolveOptions options, double[] ofTheta, double[] ofTarget)
    {
        double alpha = Alpha(theta, target, options), one = 1;
        Cotangents given = new() { StructSize = (nuint)sizeof(Cotangents), Alpha = &one };
        RowStatus status;
        fixed (double* a = theta, b = target, first = ofTheta, second = ofTarget)
        {
            Matrix gradientTheta = Row(first), gradientTarget = Row(second);
            Gradients.Solve(Row(a), Row(b), options, &alpha, given, &gradientTheta, &gradientTarget, &status);
        }

        Assert.Equal(RowStatus.Ok, status);
    }

    private static Matrix Row(double* values) => new(values, DType.F64, 1, Columns);
}
