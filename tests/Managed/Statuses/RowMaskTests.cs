using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Statuses;

/// <summary>Rows that the row mask skips are zeros in every output; the others do not notice.</summary>
public class RowMaskTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Skips_rows_whatever_they_hold(DType dtype)
    {
        Problem batch = Batch(6, 210).As(dtype);
        using Answer expected = batch.Solve();
        double[][] theta = [.. batch.Theta];
        theta[2] = [.. Enumerable.Repeat(double.NaN, 210)];
        byte[] mask = [0, 1, 0, 2, 255, 0];
        using Answer answer = (batch with { Theta = theta, RowMask = mask }).Solve();
        for (int row = 0; row < 6; row++)
        {
            if (mask[row] != 0)
            {
                Assert.Equal(expected.Bits(row), answer.Bits(row));
                continue;
            }

            Assert.Equal(RowStatus.Skipped, answer.Status[row]);
            foreach (Wanted output in Enum.GetValues<Wanted>().Where(w => w is not Wanted.All and not Wanted.Status))
            {
                Assert.True(answer.Bytes(output, row).IndexOfAnyExcept((byte)0) < 0, $"{output} of skipped row {row} is not zero");
            }
        }
    }

    [Fact]
    public void Skips_every_row()
    {
        using Answer answer = (Batch(3, 33) with { RowMask = [0, 0, 0] }).Solve();
        Assert.All(answer.Status.ToArray(), s => Assert.Equal(RowStatus.Skipped, s));
        Assert.All(answer.Q(1), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Skips_padding_columns_too()
    {
        Layout padded = new(Padding: 7);
        using Answer answer = (Batch(2, 33) with { RowMask = [0, 1], ThetaLayout = padded, TargetLayout = padded }).Solve();
        Assert.All(answer.Q(0).Concat(answer.LogQ(0)), v => Assert.Equal(0, v));
    }

    private static Problem Batch(int rows, int width) =>
        new(RowMaker.Many(rows, s => RowMaker.Coarse(s, width), 1), RowMaker.Many(rows, s => RowMaker.Coarse(s, width), 11));
}
