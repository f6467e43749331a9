using System;
using System.Linq;
using Equipoise.Devices;
using Equipoise.Tests.Golden;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Devices;

/// <summary>What the suite that runs on the device (EQUIPOISE_TEST_DEVICE) does not ask: agreement with the CPU, and bits.</summary>
public sealed unsafe class OpenClTests(OpenClTests.Opened opened) : IClassFixture<OpenClTests.Opened>
{
    /// <summary>The first OpenCL device, opened once.</summary>
    public sealed class Opened : IDisposable
    {
        public EquilibriumDevice Device { get; } = EquilibriumDevice.Open(Backend.OpenCl, 0);

        public void Dispose() => Device.Dispose();
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.F64)]
    public void Real_rows_agree_with_the_cpu(DType dtype)
    {
        Problem problem = new(RealRows.Theta, RealRows.Target) { ThetaType = dtype, TargetType = dtype };
        using Answer cpu = problem.Solve(), device = problem.Solve(opened.Device);
        for (int row = 0; row < problem.Rows; row++)
        {
            Assert.Equal(cpu.Status[row], device.Status[row]);
            Check.Near($"alpha of row {row}", device.Alpha[row], cpu.Alpha[row], 1e-6);
            double[] expected = cpu.Q(row), q = device.Q(row);
            double worst = expected.Zip(q, (a, b) => Math.Abs(a - b)).Max();
            Assert.InRange(worst, 0, 2e-6);
            Check.Near($"KL of row {row}", device.KlTheta[row], cpu.KlTheta[row], 1e-6);
        }
    }

    /// <summary>Rows of two pieces and a bit: alone, each is shared by several workgroups; among others, one does it all.</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(2)]
    [InlineData(8)]
    public void A_row_has_the_same_bits_alone_and_among_others(double spread)
    {
        const int rows = 9, columns = 70001;
        double[][] theta = RowMaker.Many(rows, seed => RowMaker.Normal(seed, columns, spread), 1), target = RowMaker.Many(rows, seed => RowMaker.Normal(seed, columns, spread), 1001);
        using Answer together = new Problem(theta, target).Solve(opened.Device), again = new Problem(theta, target).Solve(opened.Device);
        for (int row = 0; row < rows; row++)
        {
            using Answer alone = new Problem(theta[row], target[row]).Solve(opened.Device);
            Assert.Equal(together.Bits(row), again.Bits(row));
            Assert.Equal(together.Bits(row), alone.Bits(0));
        }
    }

    [Fact]
    public void A_batch_of_several_chunks_has_the_bits_of_its_rows()
    {
        // 40 rows of 131072 columns in f64 are more than one chunk.
        const int rows = 40, columns = 131072;
        double[][] theta = RowMaker.Many(rows, seed => RowMaker.Normal(seed, columns, 1), 1), target = RowMaker.Many(rows, seed => RowMaker.Normal(seed, columns, 1), 1001);
        Problem problem = new Problem(theta, target).As(DType.F64);
        using Answer together = problem.Solve(opened.Device);
        foreach (int row in (int[])[0, 17, rows - 1])
        {
            using Answer alone = (problem with { Theta = [theta[row]], Target = [target[row]] }).Solve(opened.Device);
            Assert.Equal(together.Bits(row), alone.Bits(0));
        }
    }

    [Fact]
    public void A_device_that_is_not_there_is_named()
    {
        int count = EquilibriumDevice.Count(Backend.OpenCl);
        ArgumentException error = Assert.Throws<ArgumentException>(() => EquilibriumDevice.Open(Backend.OpenCl, count));
        Assert.Equal("index", error.ParamName);
    }
}
