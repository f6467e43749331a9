using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Invariance;

/// <summary>Where a row lies must not change a bit of it, and nothing outside it is touched. Every buffer lies against a page without
/// access, so that a stray read or write ends the process.</summary>
public class PlacementTests
{
    private const int Rows = 3;

    private static readonly Layout[] Layouts =
    [
        new(Edge.Start),
        new(Edge.Start, Offset: 1),
        new(Edge.Start, Offset: 5, Gap: 3),
        new(Edge.End, Offset: 7, Gap: 1),
        new(Edge.Start, Offset: 2, Gap: 64, Group: 2, GroupGap: 9),
    ];

    public static TheoryData<DType> Types => [.. Codec.All];

    private static IEnumerable<int> Widths =>
        Enumerable.Range(1, 130).Concat([255, 256, 257, 1023, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 6143, 6144, 6145, 8191, 8193]);

    [Theory]
    [MemberData(nameof(Types))]
    public void Never_changes_a_bit(DType dtype)
    {
        foreach (int width in Widths)
        {
            Problem packed = Batch(width).As(dtype);
            using Answer expected = packed.Solve();
            for (int i = 0; i < Layouts.Length; i++)
            {
                Layout next = Layouts[(i + 1) % Layouts.Length], last = Layouts[(i + 2) % Layouts.Length];
                Problem placed = packed with { ThetaLayout = Layouts[i], TargetLayout = next, QLayout = last, LogQLayout = Layouts[i] };
                using Answer answer = placed.Solve();
                Same(expected, answer, $"{dtype}, width {width}, layout {i}");
                Assert.True(answer.GapsUntouched(), $"wrote outside the rows: {dtype}, width {width}, layout {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Holds_for_bisection_and_a_fixed_alpha_too(DType dtype)
    {
        foreach (int width in new[] { 1, 15, 33, 127, 2049 })
        {
            foreach (SolveOptions options in Other())
            {
                Problem packed = Batch(width).As(dtype) with { Options = options };
                using Answer expected = packed.Solve();
                Problem inputs = packed with { ThetaLayout = Layouts[2], TargetLayout = Layouts[4] };
                using Answer answer = (inputs with { QLayout = Layouts[3], LogQLayout = Layouts[1] }).Solve();
                Same(expected, answer, $"{dtype}, width {width}");
                Assert.True(answer.GapsUntouched());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_view_of_all_but_the_last_position_needs_no_copy(DType dtype)
    {
        const int batch = 4, sequence = 5, vocabulary = 137;
        double[][] a = RowMaker.Many(batch * sequence, s => RowMaker.Coarse(s, vocabulary), 81);
        double[][] b = RowMaker.Many(batch * sequence, s => RowMaker.Coarse(s, vocabulary), 181);
        bool[] kept = [.. Enumerable.Range(0, batch * sequence).Select(i => i % sequence < sequence - 1)];
        Problem copied = new Problem([.. a.Where((_, i) => kept[i])], [.. b.Where((_, i) => kept[i])]).As(dtype);
        Layout view = new(Edge.End, Group: sequence - 1, GroupGap: vocabulary);
        using Answer expected = copied.Solve();
        using Answer answer = (copied with { ThetaLayout = view, TargetLayout = view, QLayout = view, LogQLayout = view }).Solve();
        using Answer half = (copied with { TargetLayout = view }).Solve();
        Same(expected, answer, "all grouped");
        Same(expected, half, "target grouped");
        Assert.True(answer.GapsUntouched());
    }

    private static IEnumerable<SolveOptions> Other()
    {
        SolveOptions plain = SolveOptions.Default with { Threads = 1 };
        yield return plain with { Method = Method.Bisection };
        yield return plain with { Criterion = Criterion.FixedAlpha, Alpha = 0.25 };
    }

    private static Problem Batch(int width)
    {
        double[][] a = RowMaker.Many(Rows, s => RowMaker.Coarse(s, width), (ulong)(1000 + (10 * width)));
        double[][] b = RowMaker.Many(Rows, s => RowMaker.Coarse(s, width, 1), (ulong)(1005 + (10 * width)));
        a[1][width / 2] = width > 1 ? double.NegativeInfinity : a[1][width / 2];
        b[2][width - 1] = 24;
        return new Problem(a, b);
    }

    private static void Same(Answer expected, Answer actual, string where)
    {
        for (int row = 0; row < expected.Rows; row++)
        {
            Assert.True(expected.Bits(row).AsSpan().SequenceEqual(actual.Bits(row)), $"bits of row {row} differ: {where}");
        }
    }
}
