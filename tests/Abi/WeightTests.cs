using System;
using Equipoise.Abi.Generated;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_importance_weights as a stranger calls it.</summary>
public sealed unsafe class WeightTests
{
    [Fact]
    public void Weights_are_ratios_and_the_mask_leaves_out()
    {
        float* logPi = stackalloc float[] { -1, -2, -0.5f, float.NaN }, logQ = stackalloc float[] { -1.5f, -2, -0.5f, 7 };
        byte* mask = stackalloc byte[] { 1, 1, 1, 0 };
        double* weights = stackalloc double[4];
        double ess, largest;
        eqp_matrix pi = new() { data = logPi, dtype = eqp_dtype.EQP_F32, rows = 1, columns = 4 }, q = pi, to = pi;
        q.data = logQ;
        to.data = weights;
        to.dtype = eqp_dtype.EQP_F64;
        eqp_weight_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_weight_options_init(&options, (nuint)sizeof(eqp_weight_options)));
        options.mask = mask;
        eqp_weight_outputs outputs = new() { struct_size = (nuint)sizeof(eqp_weight_outputs), weights = &to, ess = &ess, max_weight = &largest };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_importance_weights(&pi, &q, &options, &outputs));

        Assert.Equal([Math.Exp(0.5), 1, 1, 0], new ReadOnlySpan<double>(weights, 4).ToArray());
        Assert.Equal(Math.Exp(0.5), largest);
        Assert.Equal(Math.Pow(2 + largest, 2) / (3 * (2 + (largest * largest))), ess, 1e-15);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_importance_weights(&pi, null, &options, &outputs));
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_importance_weights(&pi, &q, &options, null));
    }
}
