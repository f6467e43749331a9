using System;
using Equipoise.Rows;
using Equipoise.Sampling;

namespace Equipoise;

/// <summary>Importance weights π/q of sampled tokens or sequences, for what was drawn from q and is to count for π.</summary>
public static unsafe class ImportanceWeights
{
    /// <summary>Weights, and per group the effective sample size, the largest weight and the shape of the tail; in f64, by logarithms.</summary>
    /// <param name="logPi">[rows, columns]: log π of the token drawn at each place of each sequence; finite or −∞.</param>
    /// <param name="logQ">[rows, columns]: log q of it; finite.</param>
    /// <param name="options">Start from <see cref="WeightOptions.Default"/>.</param>
    /// <param name="outputs">What to write, and where.</param>
    /// <remarks>Safe to call from any number of threads at once, the outputs being different.</remarks>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Compute(in Matrix logPi, in Matrix logQ, in WeightOptions options, in WeightOutputs outputs)
    {
        MatrixChecks.Check(logPi, logPi.Rows, "log_pi");
        MatrixChecks.Check(logQ, logPi.Rows, "log_q");
        bool isSameWidth = logQ.Columns == logPi.Columns;
        MatrixChecks.Require(isSameWidth, "log_q", $"log_q has {logQ.Columns} columns, must have {logPi.Columns} as log_pi");
        CheckOptions(options, logPi.Rows, logPi.Columns);
        long width = options.Level == WeightLevel.Token ? logPi.Columns : 1;
        CheckOutput(outputs.Weights, logPi, logQ, width, "weights");
        CheckOutput(outputs.LogWeights, logPi, logQ, width, "log_weights");
        if (logPi.Rows == 0)
        {
            return;
        }

        WeightJob job = new() { LogPi = logPi, LogQ = logQ, Options = options, Outputs = outputs, Band = new(options) };
        WeightBatch.Run(&job);
    }

    private static void CheckOptions(in WeightOptions options, long rows, long columns)
    {
        MatrixChecks.Require((uint)options.Level <= (uint)WeightLevel.Geometric, "level", $"level {(int)options.Level} is not an eqp_weight_level");
        MatrixChecks.Require((uint)options.Mode <= (uint)WeightMode.Psis, "mode", $"mode {(int)options.Mode} is not an eqp_weight_mode");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
        bool isStride = options.MaskStride == 0 || options.MaskStride >= columns;
        MatrixChecks.Require(isStride, "mask_stride", $"mask_stride is {options.MaskStride}, must be 0 or at least the {columns} columns");
        bool isGroup = options.GroupSize == 0 || (options.GroupSize > 0 && rows % options.GroupSize == 0);
        MatrixChecks.Require(isGroup, "group_size", $"group_size is {options.GroupSize}, must divide the {rows} rows");
        MatrixChecks.Require(columns <= int.MaxValue / 16 && (options.GroupSize == 0 ? rows : options.GroupSize) <= int.MaxValue / 16, "log_pi", "log_pi: a group is too large");
        if (options.Mode is WeightMode.Truncated or WeightMode.Clipped or WeightMode.Masked)
        {
            MatrixChecks.Require(options.ClipHigh > 0, "clip_high", $"clip_high is {options.ClipHigh}, must be above 0");
            bool isLow = options.ClipLow >= 0 && options.ClipLow <= options.ClipHigh;
            MatrixChecks.Require(isLow, "clip_low", $"clip_low is {options.ClipLow}, must be in [0, clip_high = {options.ClipHigh}]");
        }
    }

    private static void CheckOutput(Matrix* output, in Matrix logPi, in Matrix logQ, long width, string name)
    {
        if (output != null)
        {
            MatrixChecks.CheckOutput(*output, logPi.Rows, width, name);
            MatrixChecks.CheckApart(*output, name, logPi, "log_pi");
            MatrixChecks.CheckApart(*output, name, logQ, "log_q");
        }
    }
}
