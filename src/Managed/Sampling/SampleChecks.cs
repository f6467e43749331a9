using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>What can be wrong about the options of a draw, named as the C interface names it.</summary>
internal static class SampleChecks
{
    internal static void Check(long rows, in SampleOptions options)
    {
        MatrixChecks.Require(options.Count >= 0, "count", $"count is {options.Count}, must be at least 0");
        MatrixChecks.Require(
            rows == 0 || options.Count <= long.MaxValue / 8 / rows, "count", $"count is {options.Count}: {rows} rows of it exceed the address space");
        MatrixChecks.Require(options.TopK >= 0, "top_k", $"top_k is {options.TopK}, must be at least 0");
        MatrixChecks.Require(options.TopP > 0 && options.TopP <= 1, "top_p", $"top_p is {options.TopP}, must be above 0 and at most 1");
        MatrixChecks.Require(options.MinP >= 0 && options.MinP <= 1, "min_p", $"min_p is {options.MinP}, must be in [0, 1]");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
    }
}
