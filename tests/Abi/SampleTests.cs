using Equipoise.Abi.Generated;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_sample as a stranger calls it.</summary>
public sealed unsafe class SampleTests
{
    [Fact]
    public void Draws_are_tokens_of_both_and_weigh_what_they_should()
    {
        float* theta = stackalloc float[] { 1, 2, float.NegativeInfinity, 0 }, target = stackalloc float[] { 1, float.NegativeInfinity, 3, 0 };
        eqp_matrix a = new() { data = theta, dtype = eqp_dtype.EQP_F32, rows = 1, columns = 4 }, b = a;
        b.data = target;
        eqp_sample_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_sample_options_init(&options, (nuint)sizeof(eqp_sample_options)));
        Assert.Equal((1L, 1.0), (options.count, options.top_p));
        options.count = 30;
        long* tokens = stackalloc long[30];
        double* logQ = stackalloc double[30], logTheta = stackalloc double[30], logWeights = stackalloc double[30];
        eqp_samples samples = new()
        {
            struct_size = (nuint)sizeof(eqp_samples), tokens = tokens, log_q = logQ, log_theta = logTheta, log_weights = logWeights,
        };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_sample(&a, &b, null, &options, &samples));

        for (int i = 0; i < 30; i++)
        {
            Assert.True(tokens[i] is 0 or 3);
            Assert.Equal(logTheta[i] - logQ[i], logWeights[i]);
        }

        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_sample(&a, null, null, &options, &samples));
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_sample(&a, &b, null, &options, null));
        options.top_p = -1;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_sample(&a, &b, null, &options, &samples));
    }
}
