using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Methods;

/// <summary>Rows of Geometry's functions do not know of each other, of dtypes of outputs, of strides or of threads.</summary>
public unsafe class GeometryInvarianceTests
{
    private const int Rows = 3;
    private const int Columns = 70_001;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Bits_do_not_depend_on_batch_stride_or_threads(int threads)
    {
        using PlacedMatrix logits = Make(Rows, new Layout(Gap: 3, Padding: 5), 0), vector = Make(Rows, new Layout(Padding: 2), 10);
        using PlacedMatrix product = new(Rows, Columns, DType.F64, new Layout(Padding: 5)), solution = new(Rows, Columns, DType.F64, new Layout(Padding: 5));
        double* kl = stackalloc double[Rows];
        double* step = stackalloc double[Rows];
        double* quadratic = stackalloc double[Rows];
        FisherOptions options = FisherOptions.Default with { ValidColumns = Columns, Threads = threads };
        Fisher.Product(logits.Matrix, vector.Matrix, options, product.Matrix, null);
        Fisher.NaturalGradient(logits.Matrix, vector.Matrix, options, solution.Matrix, null);
        Fisher.TrustRegion(logits.Matrix, vector.Matrix, options, step, quadratic, kl, null);
        for (int row = 0; row < Rows; row++)
        {
            using PlacedMatrix alone = Make(1, default, row), along = Make(1, default, 10 + row), result = new(1, Columns, DType.F64, default);
            FisherOptions single = FisherOptions.Default with { Threads = 1 };
            Fisher.Product(alone.Matrix, along.Matrix, single, result.Matrix, null);
            Assert.True(product.Row(row).AsSpan(0, Columns).SequenceEqual(result.Row(0)));
            Assert.All(product.Row(row)[Columns..], value => Assert.Equal(0, value));
            Fisher.NaturalGradient(alone.Matrix, along.Matrix, single, result.Matrix, null);
            Assert.True(solution.Row(row).AsSpan(0, Columns).SequenceEqual(result.Row(0)));
            double oneStep, oneQuadratic, oneKl;
            Fisher.TrustRegion(alone.Matrix, along.Matrix, single, &oneStep, &oneQuadratic, &oneKl, null);
            Assert.Equal((oneStep, oneQuadratic, oneKl), (step[row], quadratic[row], kl[row]));
        }

        Assert.True(product.GapsUntouched() && solution.GapsUntouched());
    }

    [Theory]
    [InlineData(DivergenceKind.Kl)]
    [InlineData(DivergenceKind.JensenShannon)]
    [InlineData(DivergenceKind.Ess)]
    public void One_long_row_is_shared_without_a_trace(DivergenceKind kind)
    {
        using PlacedMatrix p = Make(1, default, 1), q = Make(1, default, 2);
        double alone, shared;
        DivergenceOptions options = DivergenceOptions.Default with { Kind = kind, Threads = 1 };
        Divergences.Compute(p.Matrix, q.Matrix, options, &alone, null);
        options.Threads = 4;
        Divergences.Compute(p.Matrix, q.Matrix, options, &shared, null);
        Assert.Equal(alone, shared);
    }

    [Fact]
    public void Results_are_rounded_to_any_type()
    {
        double[] a = RowMaker.Coarse(1, 333), v = RowMaker.Coarse(2, 333);
        using PlacedMatrix logits = new(1, 333, DType.F32, default), vector = new(1, 333, DType.BF16, default), wide = new(1, 333, DType.F64, default);
        logits.Fill(0, a);
        vector.Fill(0, v);
        Fisher.Product(logits.Matrix, vector.Matrix, FisherOptions.Default, wide.Matrix, null);
        foreach (DType dtype in Codec.All)
        {
            using PlacedMatrix narrow = new(1, 333, dtype, default);
            Fisher.Product(logits.Matrix, vector.Matrix, FisherOptions.Default, narrow.Matrix, null);
            Assert.Equal(Array.ConvertAll(wide.Row(0), x => Codec.Round(x, dtype)), narrow.Row(0));
        }
    }

    [Fact]
    public void Wrong_arguments_are_named_and_nothing_is_written()
    {
        using PlacedMatrix p = Make(1, default, 1), v = Make(1, default, 2), result = new(1, Columns, DType.F64, default);
        Refused("damping", () => Fisher.NaturalGradient(p.Matrix, v.Matrix, FisherOptions.Default with { Damping = -1 }, result.Matrix, null));
        Refused("damping", () => Fisher.NaturalGradient(p.Matrix, v.Matrix, FisherOptions.Default with { Damping = 0 }, result.Matrix, null));
        Refused("delta", () => Fisher.TrustRegion(p.Matrix, v.Matrix, FisherOptions.Default with { Delta = double.NaN }, null, null, null, null));
        Refused("product", () => Fisher.Product(p.Matrix, v.Matrix, FisherOptions.Default, v.Matrix, null));
        Refused("weight", () => Fisher.Quadratic(p.Matrix, v.Matrix, FisherOptions.Default with { Weight = (FisherWeight)4 }, (double*)8, null));
        Refused("alpha", () => Gradients.Solve(p.Matrix, v.Matrix, SolveOptions.Default, null, default, null, null, null));
        Refused("kind", () => Geodesics.Compute(p.Matrix, v.Matrix, (GeodesicKind)2, SolveOptions.Default, result.Matrix, null));
        Assert.All(result.Row(0), value => Assert.Equal(double.NaN, value));
    }

    private static void Refused(string argument, Action call) => Assert.Equal(argument, Assert.Throws<ArgumentException>(call).ParamName);

    private static PlacedMatrix Make(int rows, Layout layout, int seed)
    {
        PlacedMatrix matrix = new(rows, Columns, DType.F32, layout);
        for (int row = 0; row < rows; row++)
        {
            matrix.Fill(row, RowMaker.Coarse((ulong)(seed + row), Columns));
        }

        return matrix;
    }
}
