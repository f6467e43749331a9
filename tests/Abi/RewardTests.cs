using Equipoise.Abi.Generated;
using Xunit;

namespace Equipoise.Abi;

/// <summary>Reward tables as a stranger holds them.</summary>
public sealed unsafe class RewardTests
{
    [Fact]
    public void A_table_is_made_read_used_and_freed()
    {
        eqp_reward_table* table;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_reward_table_create(3, null, &table));
        double* h = stackalloc double[3];
        eqp_reward_certificate certificate = new() { struct_size = (nuint)sizeof(eqp_reward_certificate) };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_reward_table_read(table, h, &certificate));
        Assert.Equal(-1.5, h[0]);
        Assert.Equal(1.5, certificate.max_abs);
        Assert.Equal((nuint)sizeof(eqp_reward_certificate), certificate.struct_size);

        long* ids = stackalloc long[] { 5, 5, 6 };
        double* rewards = stackalloc double[3];
        eqp_answer_outputs outputs = new() { struct_size = (nuint)sizeof(eqp_answer_outputs), rewards = rewards };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_answer_rewards(table, ids, 1, 3, null, &outputs));
        Assert.Equal(0.5, rewards[0]);
        Assert.Equal(1.5, rewards[2]);
        Exports.eqp_reward_table_free(table);
    }

    [Fact]
    public void Null_is_freed_and_otherwise_named()
    {
        Exports.eqp_reward_table_free(null);
        double h;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_reward_table_read(null, &h, null));
        Assert.Equal("table is null", Support.Library.LastError);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_reward_table_create(3, null, null));
        eqp_reward_table* table = null;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_reward_table_create(-1, null, &table));
        Assert.True(table == null);
    }

    [Fact]
    public void A_certificate_that_ends_early_is_not_written_beyond()
    {
        eqp_reward_table* table;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_reward_table_create(2, null, &table));
        eqp_reward_certificate certificate = new() { struct_size = 16, max_abs = 77 };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_reward_table_read(table, null, &certificate));
        Assert.Equal(77, certificate.max_abs);
        Assert.True(certificate.bias > 0);
        certificate.struct_size = 0;
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_reward_table_read(table, null, &certificate));
        Exports.eqp_reward_table_free(table);
    }
}
