using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Properties;

/// <summary>A column masked in both policies is as if it were not there; one masked in either has no mass under q.</summary>
public class MaskTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Masked_columns_equal_removed_columns(DType dtype) => RowPair.ForAll(150, 61, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        bool[] gone = [.. Enumerable.Range(0, a.Length).Select(i => i > 0 && RowMaker.Uniform((ulong)pair.Seed, (ulong)i) < 0.4)];
        Problem masked = new Problem(Masked(a, gone), Masked(b, gone)).As(dtype);
        using Answer answer = masked.Solve();
        (double[] seenA, double[] seenB) = masked.Seen(0);
        Reference removed = Reference.Of([.. seenA.Where((_, i) => !gone[i])], [.. seenB.Where((_, i) => !gone[i])]);
        Reference truth = masked.Expected(0);
        Check.Row(masked, answer, 0, truth);
        Assert.Equal(removed.Status, truth.Status);
        Check.Near("alpha", truth.Alpha, removed.Alpha, 1e-9 + (1e-13 / Math.Max(removed.Variance, 1e-13)));
        Assert.All(answer.Q(0).Where((_, i) => gone[i]), v => Assert.Equal(0, v));
        Assert.All(answer.LogQ(0).Where((_, i) => gone[i]), v => Assert.Equal(double.NegativeInfinity, v));
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void A_single_mask_anywhere(DType dtype)
    {
        for (int column = 0; column < 70; column++)
        {
            double[] a = RowMaker.Coarse(62, 70), b = RowMaker.Coarse(63, 70), c = (double[])a.Clone();
            c[column] = double.NegativeInfinity;
            Check.AgainstReference(new Problem(c, b).As(dtype));
            Check.AgainstReference(new Problem(b, c).As(dtype));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_single_column_left_anywhere(DType dtype)
    {
        for (int column = 0; column < 70; column++)
        {
            double[] a = new double[70], b = RowMaker.Coarse(64, 70);
            Array.Fill(a, double.NegativeInfinity);
            a[column] = 3;
            Check.AgainstReference(new Problem(a, b).As(dtype));
            Check.AgainstReference(new Problem(a, a).As(dtype));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_whole_block_masked(DType dtype)
    {
        foreach (int from in new[] { 0, 2048, 4096 })
        {
            double[] a = RowMaker.Coarse(65, 6500), b = RowMaker.Coarse(66, 6500);
            Array.Fill(a, double.NegativeInfinity, from, 2048);
            Check.AgainstReference(new Problem(a, b).As(dtype));
            Array.Fill(b, double.NegativeInfinity, from, 2048);
            Check.AgainstReference(new Problem(a, b).As(dtype));
        }
    }

    private static double[] Masked(double[] row, bool[] gone) => [.. row.Select((v, i) => gone[i] ? double.NegativeInfinity : v)];
}
