using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Properties;

/// <summary>Changes of the input that must not change the answer, or must change it in a known way.</summary>
public class SymmetryTests
{
    public static TheoryData<DType> Types => [DType.F32, DType.F64];

    [Theory]
    [MemberData(nameof(Types))]
    public void Swapping_the_policies_turns_alpha_round_and_leaves_q(DType dtype) => RowPair.ForAll(150, 31, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem one = new Problem(a, b).As(dtype), other = new Problem(b, a).As(dtype);
        using Answer forth = one.Solve(), back = other.Solve();
        Reference truth = one.Expected(0);
        if (truth.Solved)
        {
            Bounds bounds = Check.Around(truth, one);
            Assert.Equal(forth.Status[0], Swapped(back.Status[0]));
            Check.Near("alpha", forth.Alpha[0], 1 - back.Alpha[0], 2 * bounds.Alpha);
            Check.Near("kl_theta", forth.KlTheta[0], back.KlTarget[0], 2 * bounds.Kl);
            Check.Near("log_z", forth.LogZ[0], back.LogZ[0], 2 * bounds.LogZ);
            Check.Near("q", Check.TotalVariation(forth.Q(0), back.Q(0)), 0, 2 * (bounds.TotalVariation + (a.Length * 1e-38)));
        }
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Adding_a_constant_changes_nothing(DType dtype) => RowPair.ForAll(150, 32, pair =>
    {
        // Near rows are made of multiples that f32 could not keep once they lie near 10240: what it keeps there is what the test is about.
        (double[] a, double[] b) = pair.Rows();
        a = Array.ConvertAll(a, v => Math.Round(v * 512) / 512);
        b = Array.ConvertAll(b, v => Math.Round(v * 512) / 512);
        Problem plain = new Problem(a, b).As(dtype);
        Problem shifted = new Problem(Array.ConvertAll(a, v => v + 4096), Array.ConvertAll(b, v => v - 10240)).As(dtype);
        Reference truth = plain.Expected(0);
        using Answer answer = shifted.Solve();
        Check.Row(shifted, answer, 0, truth);
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void A_temperature_divides_the_logits(DType dtype) => RowPair.ForAll(150, 33, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem hot = new Problem(a, b).As(dtype).With(o => o with { TemperatureTheta = 2, TemperatureTarget = 0.5 });
        Problem divided = new Problem(Array.ConvertAll(a, v => v / 2), Array.ConvertAll(b, v => v * 2)).As(dtype);
        using Answer answer = hot.Solve();
        Check.Row(divided, answer, 0, divided.Expected(0));
    });

    [Fact]
    public void Temperatures_per_row_are_the_scalar_ones_to_the_bit()
    {
        double[] temperatures = [0.5, 1, 0.7, 3, 10, 1];
        double[][] a = RowMaker.Many(6, s => RowMaker.Coarse(s, 301), 41), b = RowMaker.Many(6, s => RowMaker.Coarse(s, 301), 51);
        Problem many = new(a, b) { RowTemperatureTheta = temperatures, RowTemperatureTarget = [.. temperatures.AsEnumerable().Reverse()] };
        using Answer answer = many.Solve();
        for (int row = 0; row < 6; row++)
        {
            (double theta, double target) = (temperatures[row], temperatures[5 - row]);
            Problem single = new Problem(a[row], b[row]).With(o => o with { TemperatureTheta = theta, TemperatureTarget = target });
            using Answer alone = single.Solve();
            Assert.Equal(alone.Bits(0), answer.Bits(row));
            Check.Row(many, answer, row, many.Expected(row));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Reordering_the_vocabulary_reorders_q(DType dtype) => RowPair.ForAll(100, 34, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem straight = new Problem(a, b).As(dtype);
        Array.Reverse(a = (double[])a.Clone());
        Array.Reverse(b = (double[])b.Clone());
        Problem reversed = new Problem(a, b).As(dtype);
        using Answer one = straight.Solve(), other = reversed.Solve();
        double[] q = other.Q(0);
        Array.Reverse(q);
        Reference truth = straight.Expected(0);
        if (truth.Solved)
        {
            Bounds bounds = Check.Around(truth, straight);
            Check.Near("alpha", one.Alpha[0], other.Alpha[0], 2 * bounds.Alpha);
            Check.Near("q", Check.TotalVariation(one.Q(0), q), 0, 2 * (bounds.TotalVariation + (a.Length * 1e-38)));
        }
    });

    private static RowStatus Swapped(RowStatus status) => status switch
    {
        RowStatus.AtTheta => RowStatus.AtTarget,
        RowStatus.AtTarget => RowStatus.AtTheta,
        _ => status,
    };
}
