using System;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_path_statistics where the answer is known without it, and criteria that are wrong.</summary>
public sealed unsafe class PathTests
{
    private static readonly double[] Alphas = [0, 0.25, 0.5, 1];

    /// <summary>Two tokens whose logits are mirrored: at ½, q is uniform and Z = 2 √(p (1 − p)).</summary>
    [Theory]
    [InlineData(eqp_dtype.EQP_F32)]
    [InlineData(eqp_dtype.EQP_F64)]
    [InlineData(eqp_dtype.EQP_F16)]
    [InlineData(eqp_dtype.EQP_BF16)]
    public void Mirrored_policies_are_known_in_closed_form(eqp_dtype dtype)
    {
        using Batch theta = new(dtype, 1, 2, 0, 2), target = new(dtype, 1, 2, 2, 0);
        eqp_matrix a = theta.View, b = target.View;
        double* numbers = stackalloc double[7 * Alphas.Length];
        eqp_path_outputs outputs = new()
        {
            struct_size = (nuint)sizeof(eqp_path_outputs),
            log_z = numbers,
            kl_theta = numbers + 4,
            kl_target = numbers + 8,
            ess_theta = numbers + 12,
            ess_target = numbers + 16,
            entropy = numbers + 20,
            variance = numbers + 24,
        };
        fixed (double* alphas = Alphas)
            Assert.Equal(eqp_status.EQP_OK, Exports.eqp_path_statistics(&a, &b, alphas, Alphas.Length, 0, null, &outputs));

        double p = 1 / (1 + Math.Exp(-2));
        for (int i = 0; i < Alphas.Length; i++)
        {
            (double toTheta, double toTarget) = (Sums(p, Alphas[i]), Sums(p, 1 - Alphas[i]));
            double logZ = Math.Log(Z(p, Alphas[i])), q = Math.Pow(1 - p, Alphas[i]) * Math.Pow(p, 1 - Alphas[i]) / Z(p, Alphas[i]);
            Assert.Equal(logZ, outputs.log_z[i], 1e-13);
            Assert.Equal((q * Math.Log(q / (1 - p))) + ((1 - q) * Math.Log((1 - q) / p)), outputs.kl_theta[i], 1e-13);
            Assert.Equal((q * Math.Log(q / p)) + ((1 - q) * Math.Log((1 - q) / (1 - p))), outputs.kl_target[i], 1e-13);
            Assert.Equal(1 / toTheta, outputs.ess_theta[i], 1e-13);
            Assert.Equal(1 / toTarget, outputs.ess_target[i], 1e-13);
            Assert.Equal(-(q * Math.Log(q)) - ((1 - q) * Math.Log(1 - q)), outputs.entropy[i], 1e-13);
            Assert.Equal(16 * q * (1 - q), outputs.variance[i], 1e-13);
        }
    }

    [Theory]
    [InlineData(-0.25, "alphas")]
    [InlineData(1.25, "alphas")]
    [InlineData(double.NaN, "alphas")]
    public void An_alpha_off_the_path_is_named(double alpha, string name)
    {
        using Batch scores = new(eqp_dtype.EQP_F32, 1, 2, 0, 1);
        eqp_matrix a = scores.View;
        double logZ = 77;
        eqp_path_outputs outputs = new() { struct_size = (nuint)sizeof(eqp_path_outputs), log_z = &logZ };
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_path_statistics(&a, &a, &alpha, 1, 0, null, &outputs));
        Assert.StartsWith(name, Library.LastError, StringComparison.Ordinal);
        Assert.Equal(77, logZ);
    }

    [Theory]
    [InlineData(eqp_criterion.EQP_WEIGHTED_KL, -1, 1, "weight_theta")]
    [InlineData(eqp_criterion.EQP_WEIGHTED_KL, 1, -1, "weight_target")]
    [InlineData(eqp_criterion.EQP_WEIGHTED_KL, 0, 0, "weight_theta")]
    [InlineData(eqp_criterion.EQP_KL_BUDGET, -0.1, 0, "budget")]
    [InlineData(eqp_criterion.EQP_KL_BUDGET, double.NaN, 0, "budget")]
    [InlineData(eqp_criterion.EQP_ESS_FLOOR, 1.01, 0, "floor")]
    [InlineData(eqp_criterion.EQP_ESS_FLOOR, 0, 0, "floor")]
    [InlineData(eqp_criterion.EQP_FIXED_ALPHA, 1.01, 0, "alpha")]
    public void A_wrong_parameter_is_named(eqp_criterion criterion, double first, double second, string name)
    {
        using Batch scores = new(eqp_dtype.EQP_F32, 1, 2, 0, 1);
        eqp_matrix a = scores.View;
        eqp_solve_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_options_init(&options, (nuint)sizeof(eqp_solve_options)));
        options.criterion = criterion;
        (options.weight_theta, options.weight_target) = (first, second);
        options.budget = options.floor = options.alpha = first;
        double alpha = 77;
        eqp_solution solution = new() { struct_size = (nuint)sizeof(eqp_solution), alpha = &alpha };
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_solve(&a, &a, &options, &solution));
        Assert.StartsWith(name, Library.LastError, StringComparison.Ordinal);
        Assert.Equal(77, alpha);
    }

    private static double Z(double p, double alpha) =>
        (Math.Pow(1 - p, alpha) * Math.Pow(p, 1 - alpha)) + (Math.Pow(p, alpha) * Math.Pow(1 - p, 1 - alpha));

    /// <summary>Σ π²/q of the policy that has weight α in q.</summary>
    private static double Sums(double p, double alpha) => Z(p, alpha) * Z(p, 2 - alpha);
}
