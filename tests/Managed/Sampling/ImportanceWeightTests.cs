using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Sampling;

/// <summary>Importance weights through the managed door: groups, strides, outputs of every dtype, arguments.</summary>
public unsafe class ImportanceWeightTests
{
    private static readonly double[] Ratios = [0.5, -1, 0, 2, -0.25, 0.75, 1, -2];

    public static TheoryData<DType> Types => [.. Codec.All];

    [Fact]
    public void Groups_of_sequences_are_apart()
    {
        double* logPi = stackalloc double[8], logQ = stackalloc double[8], weights = stackalloc double[4], ess = stackalloc double[2];
        Ratios.CopyTo(new Span<double>(logPi, 8));
        new Span<double>(logQ, 8).Clear();
        WeightOptions options = WeightOptions.Default;
        (options.Level, options.Mode, options.GroupSize) = (WeightLevel.Sequence, WeightMode.SelfNormalized, 2);
        Matrix to = new(weights, DType.F64, 4, 1);
        ImportanceWeights.Compute(new(logPi, DType.F64, 4, 2), new(logQ, DType.F64, 4, 2), options, new() { Weights = &to, Ess = ess });
        double[] sums = [Math.Exp(-0.5), Math.Exp(2), Math.Exp(0.5), Math.Exp(-1)];
        for (int i = 0; i < 4; i++)
        {
            double total = sums[i / 2 * 2] + sums[(i / 2 * 2) + 1];
            Check.Near("weight", weights[i], sums[i] / total, 1e-15);
            Check.Near("ESS", ess[i / 2], total * total / (2 * ((sums[i / 2 * 2] * sums[i / 2 * 2]) + (sums[(i / 2 * 2) + 1] * sums[(i / 2 * 2) + 1]))), 1e-15);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Outputs_are_of_every_type(DType dtype)
    {
        double* logPi = stackalloc double[8], logQ = stackalloc double[8];
        Ratios.CopyTo(new Span<double>(logPi, 8));
        new Span<double>(logQ, 8).Clear();
        byte* bytes = stackalloc byte[64];
        Matrix to = new(bytes, dtype, 1, 8);
        ImportanceWeights.Compute(new(logPi, DType.F64, 1, 8), new(logQ, DType.F64, 1, 8), WeightOptions.Default, new() { LogWeights = &to });
        for (int i = 0; i < 8; i++)
        {
            double stored = dtype switch
            {
                DType.F32 => ((float*)bytes)[i],
                DType.F64 => ((double*)bytes)[i],
                DType.F16 => (double)((Half*)bytes)[i],
                _ => BitConverter.Int32BitsToSingle(((ushort*)bytes)[i] << 16),
            };
            Assert.Equal(Ratios[i], stored);
        }
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        double* memory = stackalloc double[16];
        Matrix logPi = new(memory, DType.F64, 2, 4), logQ = new(memory + 8, DType.F64, 2, 4), overlapping = new(memory + 4, DType.F64, 2, 4);
        void Refused(string name, Matrix q, WeightOptions options, WeightOutputs outputs) =>
            Assert.Equal(name, Assert.Throws<ArgumentException>(() => ImportanceWeights.Compute(logPi, q, options, outputs)).ParamName);
        WeightOptions options = WeightOptions.Default, band = options with { Mode = WeightMode.Clipped, ClipLow = 0.5, ClipHigh = 2 };
        Refused("log_q", logQ with { Columns = 3 }, options, default);
        Refused("log_q", logQ with { Rows = 1 }, options, default);
        Refused("level", logQ, options with { Level = (WeightLevel)3 }, default);
        Refused("mode", logQ, options with { Mode = (WeightMode)6 }, default);
        Refused("mask_stride", logQ, options with { MaskStride = 3 }, default);
        Refused("group_size", logQ, options with { GroupSize = 3 }, default);
        Refused("group_size", logQ, options with { GroupSize = -1 }, default);
        Refused("clip_high", logQ, band with { ClipHigh = double.NaN }, default);
        Refused("clip_high", logQ, band with { ClipHigh = 0 }, default);
        Refused("clip_low", logQ, band with { ClipLow = 3 }, default);
        Refused("clip_low", logQ, band with { ClipLow = double.NaN }, default);
        Refused("threads", logQ, options with { Threads = -1 }, default);
        Refused("weights", logQ, options, new() { Weights = &overlapping });
        Matrix narrow = new(memory + 8, DType.F64, 2, 1);
        Refused("log_weights", logQ, options, new() { LogWeights = &narrow });
    }
}
