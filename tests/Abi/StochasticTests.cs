using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>Estimators as a stranger holds them.</summary>
public sealed unsafe class StochasticTests
{
    [Fact]
    public void Null_is_freed_and_otherwise_named()
    {
        Exports.eqp_running_mean_free(null);
        Exports.eqp_robbins_monro_free(null);
        Exports.eqp_alpha_tracker_free(null);
        Assert.Equal(0, Exports.eqp_alpha_tracker_state_size(null));
        double x = 0;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_running_mean_update(null, &x, 1));
        Assert.Equal("mean is null", Library.LastError);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_robbins_monro_step(null, &x));
        Assert.Equal("iteration is null", Library.LastError);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_alpha_tracker_update(null, &x, 1, null, null));
        Assert.Equal("tracker is null", Library.LastError);
    }

    [Fact]
    public void A_handle_of_another_kind_is_refused()
    {
        eqp_running_mean* mean;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_running_mean_create(1, &mean));
        double g = 1;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_robbins_monro_step((eqp_robbins_monro*)mean, &g));
        Assert.Contains("another kind", Library.LastError);
        Exports.eqp_running_mean_free(mean);
    }

    [Fact]
    public void Robbins_Monro_steps_saves_and_goes_on()
    {
        double w = 3, g = 1, average;
        long k;
        eqp_robbins_monro* first, second;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_create(1, &w, null, &first));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_create(1, &w, null, &second));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_step(first, &g));
        long size = Exports.eqp_robbins_monro_state_size(first);
        double* state = stackalloc double[(int)size];
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_save(first, state));
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_robbins_monro_restore(second, state, size - 1));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_restore(second, state, size));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_step(second, &g));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_read(second, &w, &average, &k));
        Assert.Equal((1.5, 1.75, 2L), (w, average, k));
        state[0] = 77;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_robbins_monro_restore(second, state, size));
        Exports.eqp_robbins_monro_free(first);
        Exports.eqp_robbins_monro_free(second);
    }

    [Fact]
    public void Options_name_the_condition_that_fails()
    {
        eqp_robbins_monro_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_robbins_monro_options_init(&options, (nuint)sizeof(eqp_robbins_monro_options)));
        options.gamma = 0.5;
        double w = 0;
        eqp_robbins_monro* iteration = null;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_robbins_monro_create(1, &w, &options, &iteration));
        Assert.Contains("a_k^2 is infinite", Library.LastError);
        Assert.True(iteration == null);
    }
}
