using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Properties;

/// <summary>Random rows of all shapes against the f64 reference, in every element type and every mix of them.</summary>
public class AgainstReferenceTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    public static TheoryData<DType, DType> Mixes
    {
        get
        {
            TheoryData<DType, DType> mixes = [];
            foreach (DType theta in Codec.All)
            {
                foreach (DType target in Codec.All)
                {
                    mixes.Add(theta, target);
                }
            }

            return mixes;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Random_rows(DType dtype) => RowPair.ForAll(250, 11, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        double tolerance = dtype == DType.F64 ? 1e-12 : 1e-6;
        Check.AgainstReference(new Problem(a, b).As(dtype).With(o => o with { Tolerance = tolerance }));
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Random_rows_by_bisection(DType dtype) => RowPair.ForAll(60, 12, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(dtype).With(o => o with { Method = Method.Bisection, Tolerance = 1e-9, MaxIterations = 80 });
        Check.AgainstReference(problem);
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Random_rows_at_a_fixed_alpha(DType dtype) => RowPair.ForAll(100, 13, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        double alpha = pair.Seed % 17 / 16.0;
        Check.AgainstReference(new Problem(a, b).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha, Alpha = alpha }));
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Peaks_any_distance_apart(DType dtype)
    {
        foreach (double first in new[] { 20.0, 80, 120, 160, 172, 184, 200, 240, 400, 1024 })
        {
            foreach (double second in new[] { 18.0, 80, 168, 240, 512 })
            {
                Check.AgainstReference(new Problem([first, 0], [0, second]).As(dtype));
                Check.AgainstReference(new Problem([first, 0, 0, first / 2], [0, second, 0, second / 2]).As(dtype));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixes))]
    public void Every_mix_of_element_types(DType theta, DType target)
    {
        foreach (int columns in new[] { 33, 1000, 2500 })
        {
            // Steps too fine for the half types: what counts is the value after rounding.
            double[] a = RowMaker.Fine(21, columns, 1), b = RowMaker.Fine(22, columns, 1);
            foreach (DType output in Codec.All)
            {
                Check.AgainstReference(new Problem(a, b) { ThetaType = theta, TargetType = target, QType = output, LogQType = output });
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixes))]
    public void Every_mix_of_element_types_with_masks(DType theta, DType target)
    {
        (double[] a, double[] b) = new RowPair(5, 131, 1, 1, Shape.MaskedBoth).Rows();
        foreach (DType output in Codec.All)
        {
            Check.AgainstReference(new Problem(a, b) { ThetaType = theta, TargetType = target, QType = output, LogQType = output });
        }
    }
}
