using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>KL(p‖q) and ESS_p(q) of two rows against their definitions.</summary>
public unsafe class DivergenceTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Are_their_definitions(DType dtype) => RowPair.ForAll(150, 101, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        (double kl, double ess) = Definitions(Round(a, dtype), Round(b, dtype));
        (double actual, RowStatus status) = Compute(a, b, dtype, DivergenceKind.Kl, Scores.Logits);
        Check.Near("KL", actual, kl, dtype == DType.F64 ? 1e-12 * (1 + Math.Abs(kl)) : 1e-15 + (2e-6 * Math.Abs(kl)));
        Assert.Equal(Overlap(a, b) ? RowStatus.Ok : RowStatus.Disjoint, status);
        Check.Near("ESS", Compute(a, b, dtype, DivergenceKind.Ess, Scores.Logits).Value, ess, 1e-11 * ess);
    });

    [Fact]
    public void Of_equal_rows_are_0_and_1()
    {
        double[] a = RowMaker.Coarse(1, 333);
        Assert.Equal(0, Compute(a, a, DType.F32, DivergenceKind.Kl, Scores.Logits).Value);
        Assert.Equal(1, Compute(a, a, DType.F32, DivergenceKind.Ess, Scores.Logits).Value);
    }

    [Fact]
    public void Know_the_published_example_in_nats()
    {
        // KL = ½ ln(0.5 / 0.4) + ¼ ln(0.25 / 0.35) + ¼ ln(0.25 / 0.25), computed by hand from its definition.
        double[] p = [0.5, 0.25, 0.25], q = [0.4, 0.35, 0.25];
        double kl = (0.5 * Math.Log(0.5 / 0.4)) + (0.25 * Math.Log(0.25 / 0.35));
        Check.Near("KL", Compute(p, q, DType.F64, DivergenceKind.Kl, Scores.Probs).Value, kl, 1e-15);
        double ess = 1 / ((0.25 / 0.4) + (0.0625 / 0.35) + 0.25);
        Check.Near("ESS", Compute(p, q, DType.F64, DivergenceKind.Ess, Scores.Probs).Value, ess, 1e-15);
    }

    [Fact]
    public void Are_infinite_and_0_where_q_misses_support()
    {
        double[] p = [0.5, 0.25, 0.25], q = [0.5, 0.5, 0];
        Assert.Equal(double.PositiveInfinity, Compute(p, q, DType.F32, DivergenceKind.Kl, Scores.Probs).Value);
        Assert.Equal(0, Compute(p, q, DType.F32, DivergenceKind.Ess, Scores.Probs).Value);
        Check.Near("KL", Compute(q, p, DType.F32, DivergenceKind.Kl, Scores.Probs).Value, Math.Log(2) / 2, 1e-15);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Of_bad_rows_are_NaN(DType dtype)
    {
        double[] good = RowMaker.Coarse(1, 70), bad = RowMaker.Coarse(2, 70);
        bad[69] = double.NaN;
        foreach (DivergenceKind kind in Enum.GetValues<DivergenceKind>())
        {
            Assert.Equal((double.NaN, RowStatus.Invalid), Compute(good, bad, dtype, kind, Scores.Logits));
            Assert.Equal((double.NaN, RowStatus.Invalid), Compute(bad, good, dtype, kind, Scores.Logits));
        }
    }

    [Fact]
    public void Skip_rows_and_padding()
    {
        const int width = 50;
        double[] a = RowMaker.Coarse(1, width), b = RowMaker.Coarse(2, width);
        using PlacedMatrix p = new(2, width, DType.F32, new Layout(Padding: 3));
        using PlacedMatrix q = new(2, width, DType.F32, new Layout(Gap: 5, Padding: 8));
        p.Fill(0, a);
        q.Fill(0, b);
        byte* mask = stackalloc byte[] { 1, 0 };
        double* values = stackalloc double[] { -1, -1 };
        RowStatus* status = stackalloc RowStatus[2];
        DivergenceOptions options = DivergenceOptions.Default with { ValidColumns = width, RowMask = mask, Threads = 1 };
        Divergences.Compute(p.Matrix, q.Matrix, options, values, status);
        Check.Near("KL", values[0], Definitions(a, b).Kl, 2e-6 * values[0]);
        Assert.Equal(0, values[1]);
        Assert.Equal(RowStatus.Ok, status[0]);
        Assert.Equal(RowStatus.Skipped, status[1]);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void At_temperatures_are_those_of_divided_logits(DType dtype)
    {
        double[] a = RowMaker.Coarse(1, 333), b = RowMaker.Coarse(2, 333), halved = Array.ConvertAll(a, v => v / 2), doubled = Array.ConvertAll(b, v => v * 2);
        double* ofQ = stackalloc double[] { 0.5 };
        foreach (DivergenceKind kind in Enum.GetValues<DivergenceKind>())
        {
            // Powers of two round nothing: the same numbers but for the order of a multiplication.
            double expected = Compute(halved, doubled, dtype, kind, Scores.Logits).Value;
            double actual = Compute(a, b, dtype, kind, Scores.Logits, DivergenceOptions.Default with { TemperatureP = 2, RowTemperatureQ = ofQ }).Value;
            Check.Near(kind.ToString(), actual, expected, (dtype == DType.F64 ? 1e-12 : 2e-6) * expected);
        }
    }

    [Fact]
    public void Name_temperatures_that_are_none()
    {
        double* bad = stackalloc double[] { double.NaN };
        Refused("temperature_p", DivergenceOptions.Default with { TemperatureP = 0 });
        Refused("temperature_q", DivergenceOptions.Default with { TemperatureQ = double.PositiveInfinity });
        Refused("row_temperature_p", DivergenceOptions.Default with { RowTemperatureP = bad });
        Refused("row_temperature_q", DivergenceOptions.Default with { RowTemperatureQ = bad });
        static void Refused(string name, DivergenceOptions options) =>
            Assert.Equal(name, Assert.Throws<ArgumentException>(() => Compute([1, 2], [2, 1], DType.F32, DivergenceKind.Kl, Scores.Logits, options)).ParamName);
    }

    private static (double Value, RowStatus Status) Compute(double[] a, double[] b, DType dtype, DivergenceKind kind, Scores scores) =>
        Compute(a, b, dtype, kind, scores, DivergenceOptions.Default);

    private static (double Value, RowStatus Status) Compute(double[] a, double[] b, DType dtype, DivergenceKind kind, Scores scores, DivergenceOptions options)
    {
        using PlacedMatrix p = new(1, a.Length, dtype, default), q = new(1, b.Length, dtype, default);
        p.Fill(0, a);
        q.Fill(0, b);
        double value;
        RowStatus status;
        Divergences.Compute(p.Matrix, q.Matrix, options with { Kind = kind, Scores = scores, Threads = 1 }, &value, &status);
        return (value, status);
    }

    private static (double Kl, double Ess) Definitions(double[] a, double[] b)
    {
        Distribution p = Distribution.Of(a, Scores.Logits, 1)!, q = Distribution.Of(b, Scores.Logits, 1)!;
        Sum kl = default, second = default;
        for (int i = 0; i < a.Length; i++)
        {
            if (!p.Masked[i])
            {
                double ratio = p.Below[i] - q.Below[i] - (p.LogMass - q.LogMass);
                kl.Add(Math.Exp(p.Log(i)) * (double.IsInfinity(ratio) ? 0 : ratio));
                second.Add(double.IsInfinity(ratio) ? 0 : Math.Exp((2 * p.Log(i)) - q.Log(i)));
            }
        }

        return Covered(p, q) ? (kl.Value, 1 / second.Value) : (double.PositiveInfinity, 0);
    }

    private static bool Covered(Distribution p, Distribution q)
    {
        for (int i = 0; i < p.Masked.Length; i++)
        {
            if (!p.Masked[i] && q.Masked[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool Overlap(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (!double.IsInfinity(a[i]) && !double.IsInfinity(b[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static double[] Round(double[] row, DType dtype) => Array.ConvertAll(row, v => Codec.Round(v, dtype));
}
