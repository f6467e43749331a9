using System;
using System.Runtime.InteropServices;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_solve_gaussian where the answer is known without it.</summary>
public sealed unsafe class SolveGaussianTests
{
    [Fact]
    public void Equal_variances_meet_half_way()
    {
        using Batch mean = new(eqp_dtype.EQP_F16, 1, 1, 0), other = new(eqp_dtype.EQP_F32, 1, 1, 3), variance = new(eqp_dtype.EQP_BF16, 1, 1, 1);
        eqp_matrix m = mean.View, o = other.View, v = variance.View;
        double alpha, middle, width, kl, ess;
        eqp_gaussian_solution solution = new()
        {
            struct_size = (nuint)sizeof(eqp_gaussian_solution), alpha = &alpha, mean = &middle, cov = &width, kl_theta = &kl, ess_target = &ess,
        };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_gaussian(&m, &v, &o, &v, null, &solution));

        Assert.Equal((0.5, 1.5, 1.0), (alpha, middle, width));
        Assert.Equal(9.0 / 8, kl, 1e-14);
        Assert.Equal(Math.Exp(-9.0 / 4), ess, 1e-14);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        using Batch mean = new(eqp_dtype.EQP_F64, 1, 1, 0), variance = new(eqp_dtype.EQP_F64, 1, 1, 1), none = new(eqp_dtype.EQP_F64, 1, 1, -1);
        eqp_matrix m = mean.View, v = variance.View, n = none.View;
        double alpha = 77;
        eqp_gaussian_solution solution = new() { struct_size = (nuint)sizeof(eqp_gaussian_solution), alpha = &alpha };
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_solve_gaussian(&m, &v, &m, &n, null, &solution));
        Assert.StartsWith("cov_target is not positive definite in row 0", Library.LastError, StringComparison.Ordinal);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_solve_gaussian(&m, null, &m, &v, null, &solution));
        Assert.Equal("cov_theta is null", Library.LastError);
        Assert.Equal(77, alpha);
    }

    [Fact]
    public void Options_that_end_early_have_the_defaults_beyond()
    {
        int size = (int)Marshal.OffsetOf<eqp_solve_gaussian_options>(nameof(eqp_solve_gaussian_options.tolerance));
        eqp_solve_gaussian_options options = new() { tolerance = -1 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_gaussian_options_init(&options, (nuint)size));
        Assert.Equal((-1, 50), (options.tolerance, options.max_iterations));
        using Batch mean = new(eqp_dtype.EQP_F64, 1, 1, 0), other = new(eqp_dtype.EQP_F64, 1, 1, 1), variance = new(eqp_dtype.EQP_F64, 1, 1, 1);
        eqp_matrix m = mean.View, o = other.View, v = variance.View;
        double alpha;
        eqp_gaussian_solution solution = new() { struct_size = (nuint)sizeof(eqp_gaussian_solution), alpha = &alpha };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_gaussian(&m, &v, &o, &v, &options, &solution));
        Assert.Equal(0.5, alpha);
    }
}
