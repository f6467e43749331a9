using System;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Estimators;

/// <summary>Counts, rewards and statuses of prompts, against a naive count.</summary>
public class AnswerTests
{
    public static TheoryData<int> Widths => [1, 2, 3, 7, 8, 9, 16, 17, 63, 255, 256, 257, 300, 1000, 4096];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Counts_are_exact_and_follow_the_order_of_the_ids(int answers)
    {
        Random random = new(answers);
        long[] ids = [.. Enumerable.Range(0, 3 * answers).Select(_ => (long)random.Next(-1, Math.Max(2, answers / 5)))];
        using RewardTable table = new(answers, RewardTableOptions.Default);
        Rewards.Answer answer = Rewards.Of(table, ids, answers, RewardBaseline.Excluded);
        int[] order = [.. Enumerable.Range(0, answers)];
        random.Shuffle(order);
        long[] shuffled = [.. Enumerable.Range(0, ids.Length).Select(i => ids[(i / answers * answers) + order[i % answers]])];
        Rewards.Answer moved = Rewards.Of(table, shuffled, answers, RewardBaseline.Excluded);
        for (int i = 0; i < ids.Length; i++)
        {
            int row = i / answers * answers;
            int count = ids[i] < 0 ? 0 : ids.Skip(row).Take(answers).Count(id => id == ids[i]);
            Assert.Equal(count, answer.Counts[i]);
            int from = row + order[i % answers];
            Assert.Equal(answer.Counts[from], moved.Counts[i]);
            Assert.Equal(answer.Values[from], moved.Values[i]);
        }

        Assert.Equal([.. ids.Chunk(answers).Select(row => row.Count(id => id >= 0))], answer.KEff);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(300)]
    public void Both_types_of_ids_threads_and_batches_give_the_same_bits(int answers)
    {
        Random random = new(1);
        long[] ids = [.. Enumerable.Range(0, 400 * answers).Select(_ => (long)random.Next(-1, 6))];
        using RewardTable table = new(answers, RewardTableOptions.Default);
        AnswerOptions options = AnswerOptions.Default;
        options.Baseline = RewardBaseline.Loo;
        Rewards.Answer whole = Rewards.Of(table, ids, answers, options);
        options.IdType = IdType.I32;
        options.Threads = 1;
        Assert.Equal(whole.Values, Rewards.Of(table, ids, answers, options).Values);
        double[] alone = Rewards.Of(table, [.. ids.Skip(200 * answers).Take(answers)], answers, options).Values;
        Assert.Equal(whole.Values.Skip(200 * answers).Take(answers), alone);
    }

    [Fact]
    public void Large_ids_that_share_their_lower_halves_are_different_answers()
    {
        using RewardTable table = new(4, RewardTableOptions.Default);
        Assert.Equal([1, 1, 2, 2], Rewards.Of(table, [1, 1L << 32 | 1, long.MaxValue, long.MaxValue], 4).Counts);
    }

    [Fact]
    public void A_prompt_with_fewer_valid_answers_uses_the_table_of_that_many()
    {
        using RewardTable table = new(6, RewardTableOptions.Default);
        Rewards.Answer answer = Rewards.Of(table, [5, -1, 5, 7, -1, 9], 6);
        double[] h = Rewards.Table(4, RewardTableOptions.Default);
        Assert.Equal([-h[1], 0, -h[1], -h[0], 0, -h[0]], answer.Values);
        Assert.Equal(4, answer.KEff[0]);
    }

    [Fact]
    public void One_valid_answer_is_rewarded_nothing_and_none_is_no_fault()
    {
        using RewardTable table = new(3, RewardTableOptions.Default);
        AnswerOptions options = AnswerOptions.Default;
        (options.LogTarget, options.InvalidReward, options.Sign) = (2, -3, -1);
        Rewards.Answer answer = Rewards.Of(table, [-1, 4, -1, -1, -1, -1], 3, options);
        Assert.Equal([-3, 0, -3, -3, -3, -3], answer.Values);
        Assert.Equal([RowStatus.Ok, RowStatus.Ok], answer.Status);
        Assert.Equal([1, 0], answer.KEff);
    }

    [Fact]
    public void Too_few_answers_for_a_power_are_rewarded_nothing()
    {
        using RewardTable table = new(4, Rewards.Options(RewardKind.Power, m: 2));
        Rewards.Answer answer = Rewards.Of(table, [1, 1, -1, -1, 1, 1, 1, -1], 4);
        Assert.Equal([RowStatus.TooFew, RowStatus.Ok], answer.Status);
        Assert.Equal([0, 0, 0, 0, -1, -1, -1, 0], answer.Values);
        Assert.Equal(RowStatus.TooFew, Rewards.Of(table, [1, 1, 1, -1], 4, RewardBaseline.Excluded).Status[0]);
    }

    [Fact]
    public void Bad_ids_and_bad_targets_spoil_their_own_prompt_alone()
    {
        using RewardTable table = new(2, RewardTableOptions.Default);
        Rewards.Answer answer = Rewards.Of(table, [1, -2, 3, 3, 4, -1, 4, 5], 2, targets: [0, 0, 1, 1, 0, double.NaN, double.NegativeInfinity, 0]);
        Assert.Equal([RowStatus.Invalid, RowStatus.Ok, RowStatus.Ok, RowStatus.Invalid], answer.Status);
        Assert.Equal([double.NaN, double.NaN, 1, 1, 0, 0, double.NaN, double.NaN], answer.Values);
    }

    [Fact]
    public void Baselines_are_their_definitions()
    {
        long[] ids = [3, 1, 3, -1, 2, 3];
        double[] targets = [0.5, -1, 0.5, double.NaN, 0.25, 0.5], h = Rewards.Table(5, RewardTableOptions.Default), shorter = Rewards.Table(4, RewardTableOptions.Default);
        using RewardTable table = new(6, RewardTableOptions.Default);
        int[] valid = [0, 1, 2, 4, 5];
        double Raw(int i) => targets[i] - h[ids.Count(id => id == ids[i]) - 1];
        double Without(int i, int j) => targets[j] - shorter[valid.Count(n => n != i && ids[n] == ids[j]) - 1];
        foreach (int i in valid)
        {
            Check.Near("mean", Rewards.Of(table, ids, 6, RewardBaseline.Mean, targets).Values[i], Raw(i) - valid.Average(Raw), 1e-15);
            Check.Near("loo", Rewards.Of(table, ids, 6, RewardBaseline.Loo, targets).Values[i], Raw(i) - valid.Where(j => j != i).Average(Raw), 1e-15);
            double others = valid.Where(j => j != i).Average(j => Without(i, j));
            Check.Near("excluded", Rewards.Of(table, ids, 6, RewardBaseline.Excluded, targets).Values[i], Raw(i) - others, 1e-15);
        }
    }

    [Fact]
    public unsafe void Wrong_arguments_are_named()
    {
        using RewardTable table = new(4, RewardTableOptions.Default);
        long* ids = stackalloc long[8];
        void Refused(string name, long prompts, long answers, Func<AnswerOptions, AnswerOptions> change) =>
            Assert.Equal(name, Assert.Throws<ArgumentException>(() => AnswerRewards.Compute(table, ids, prompts, answers, change(AnswerOptions.Default), default)).ParamName);
        Refused("prompts", -1, 4, o => o);
        Refused("answers", 1, 0, o => o);
        Refused("answers", 1, 5, o => o);
        Refused("sign", 1, 4, o => o with { Sign = 0 });
        Refused("baseline", 1, 4, o => o with { Baseline = (RewardBaseline)4 });
        Refused("id_type", 1, 4, o => o with { IdType = (IdType)2 });
        Refused("id_stride", 1, 4, o => o with { IdStride = 3 });
        Refused("invalid_reward", 1, 4, o => o with { InvalidReward = double.NaN });
        Refused("log_target", 1, 4, o => o with { LogTarget = double.PositiveInfinity });
        Refused("threads", 1, 4, o => o with { Threads = -1 });
        foreach ((string name, long k, RewardTableOptions options) in new (string, long, RewardTableOptions)[]
        {
            ("k", 0, RewardTableOptions.Default), ("k", 4097, RewardTableOptions.Default), ("kind", 4, Rewards.Options((RewardKind)8)),
            ("m", 4, Rewards.Options(RewardKind.Power, m: 0)), ("m", 4, Rewards.Options(RewardKind.Power, m: 4)),
            ("s", 4, Rewards.Options(RewardKind.Tsallis, s: 1)), ("s", 4, Rewards.Options(RewardKind.Tsallis, s: 5)),
        })
        {
            Assert.Equal(name, Assert.Throws<ArgumentException>(() => new RewardTable(k, options)).ParamName);
        }
    }
}
