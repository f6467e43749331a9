using System;
using System.Runtime.InteropServices;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>A caller compiled against a header whose structs ended earlier.</summary>
public sealed unsafe class StructSizeTests
{
    private const byte Foreign = 0xA5;

    [Theory]
    [InlineData(nameof(eqp_solve_options.probability_epsilon))]
    [InlineData(nameof(eqp_solve_options.row_mask))]
    [InlineData(nameof(eqp_solve_options.tolerance))]
    public void Options_that_end_early_have_the_defaults_beyond(string firstMissing)
    {
        int size = (int)Marshal.OffsetOf<eqp_solve_options>(firstMissing);
        byte* bytes = stackalloc byte[sizeof(eqp_solve_options)];
        new Span<byte>(bytes, sizeof(eqp_solve_options)).Fill(Foreign);
        eqp_solve_options* options = (eqp_solve_options*)bytes;

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_options_init(options, (nuint)size));

        // Not a byte of what the caller does not have was written, and none of it is read.
        Assert.Equal((nuint)size, options->struct_size);
        Assert.False(new Span<byte>(bytes + size, sizeof(eqp_solve_options) - size).ContainsAnyExcept(Foreign));
        Assert.Equal(Alpha(null), Alpha(options));
    }

    [Fact]
    public void A_solution_that_ends_early_is_not_written_beyond()
    {
        int size = (int)Marshal.OffsetOf<eqp_solution>(nameof(eqp_solution.row_status));
        int status = 77;
        double residual;
        eqp_solution solution = new() { struct_size = (nuint)size, residual = &residual, row_status = &status };
        using Batch p = new(eqp_dtype.EQP_F32, 1, 3, 1, 2, 3), t = new(eqp_dtype.EQP_F32, 1, 3, 3, 1, 0);
        eqp_matrix pView = p.View, tView = t.View;

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&pView, &tView, null, &solution));

        Assert.Equal(77, status);
        Assert.InRange(residual, 0, 1e-6);
    }

    [Fact]
    public void Divergence_options_end_early_too()
    {
        int size = (int)Marshal.OffsetOf<eqp_divergence_options>(nameof(eqp_divergence_options.threads));
        eqp_divergence_options options = new() { threads = 99 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_divergence_options_init(&options, (nuint)size));
        Assert.Equal(99, options.threads);
        options.kind = eqp_divergence_kind.EQP_DIVERGENCE_ESS;
        using Batch p = new(eqp_dtype.EQP_F64, 1, 3, 1, 2, 3);
        eqp_matrix view = p.View;
        double value;

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_divergence(&view, &view, &options, &value, null));

        Assert.Equal(1, value, 1e-14);
    }

    [Fact]
    public void Fisher_options_and_cotangents_end_early_too()
    {
        int size = (int)Marshal.OffsetOf<eqp_fisher_options>(nameof(eqp_fisher_options.valid_columns));
        eqp_fisher_options options = new() { valid_columns = 99 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_fisher_options_init(&options, (nuint)size));
        Assert.Equal(99, options.valid_columns);
        options.scores = eqp_scores.EQP_PROBS;
        using Batch p = new(eqp_dtype.EQP_F64, 1, 2, 0.3, 0.7), q = new(eqp_dtype.EQP_F64, 1, 2, 0.2, 0.8);
        eqp_matrix pView = p.View, qView = q.View;
        double value;

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_fisher_quadratic(&pView, &qView, &options, &value, null));

        Assert.Equal(1.0 / 42, value, 1e-15);

        double alpha = 0.5, one = 1;
        eqp_cotangents given = new() { struct_size = (nuint)Marshal.OffsetOf<eqp_cotangents>(nameof(eqp_cotangents.log_q)), alpha = &one, kl = (double*)8 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_vjp(&pView, &qView, null, &alpha, &given, null, null, null));
    }

    private static double Alpha(eqp_solve_options* options)
    {
        using Batch p = new(eqp_dtype.EQP_F32, 1, 3, 1, 2, 3), t = new(eqp_dtype.EQP_F32, 1, 3, 3, 1, 0);
        eqp_matrix pView = p.View, tView = t.View;
        double alpha;
        eqp_solution solution = new() { struct_size = (nuint)sizeof(eqp_solution), alpha = &alpha };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&pView, &tView, options, &solution));
        return alpha;
    }
}
