using System.Linq;
using System.Runtime.InteropServices;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_solve_many on rows whose answer is known without it.</summary>
public sealed unsafe class SolveManyTests
{
    [Fact]
    public void Three_policies_that_permute_one_another_share_equally()
    {
        using Batch a = new(eqp_dtype.EQP_F32, 1, 3, 2, 0, 0), b = new(eqp_dtype.EQP_F64, 1, 3, 0, 2, 0), c = new(eqp_dtype.EQP_BF16, 1, 3, 0, 0, 2);
        eqp_matrix* policies = stackalloc eqp_matrix[] { a.View, b.View, c.View };
        double* beta = stackalloc double[3], kl = stackalloc double[3];
        double* q = stackalloc double[3];
        int status = -1;
        eqp_matrix qView = new() { data = q, dtype = eqp_dtype.EQP_F64, rows = 1, columns = 3 };
        eqp_many_solution solution = new() { struct_size = (nuint)sizeof(eqp_many_solution), beta = beta, kl = kl, q = &qView, row_status = &status };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_many(policies, 3, null, &solution));

        Assert.Equal(0, status);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(1.0 / 3, beta[i], 1e-9);
            Assert.Equal(1.0 / 3, q[i], 1e-12);
            Assert.Equal(kl[0], kl[i], 1e-9);
        }
    }

    [Theory]
    [InlineData(1, "count is 1")]
    [InlineData(17, "count is 17")]
    [InlineData(-3, "count is 0")]
    public void Another_number_of_policies_is_an_error_that_says_so(int count, string text)
    {
        using Batch a = new(eqp_dtype.EQP_F32, 1, 3, 2, 0, 0);
        eqp_matrix* policies = stackalloc eqp_matrix[17];
        new System.Span<eqp_matrix>(policies, 17).Fill(a.View);
        eqp_many_solution solution = new() { struct_size = (nuint)sizeof(eqp_many_solution) };
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_solve_many(policies, count, null, &solution));
        Assert.Contains(text, Library.LastError, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Null_is_named()
    {
        eqp_many_solution solution = new() { struct_size = (nuint)sizeof(eqp_many_solution) };
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_solve_many(null, 2, null, &solution));
        Assert.Equal("policies is null", Library.LastError);
    }

    [Fact]
    public void Options_that_end_early_have_the_defaults_beyond()
    {
        int size = (int)Marshal.OffsetOf<eqp_solve_many_options>(nameof(eqp_solve_many_options.cost));
        eqp_solve_many_options options = new() { cost_weight = 99, threads = -5 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_many_options_init(&options, (nuint)size));
        Assert.Equal((99, -5, 100), (options.cost_weight, options.threads, options.max_iterations));
        using Batch a = new(eqp_dtype.EQP_F32, 1, 3, 2, 0, 0), b = new(eqp_dtype.EQP_F64, 1, 3, 0, 2, 0);
        eqp_matrix* policies = stackalloc eqp_matrix[] { a.View, b.View };
        double* beta = stackalloc double[2];
        eqp_many_solution solution = new() { struct_size = (nuint)sizeof(eqp_many_solution), beta = beta };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_many(policies, 2, &options, &solution));
        Assert.Equal(0.5, beta[0], 1e-12);
    }
}
