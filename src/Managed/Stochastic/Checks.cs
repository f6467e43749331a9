using Equipoise.Rows;

namespace Equipoise.Stochastic;

/// <summary>What is asked of the arguments of estimators. Parameter names are the C names.</summary>
internal static unsafe class Checks
{
    /// <summary>So that every size in bytes fits in 31 bits.</summary>
    internal const long MostProblems = 1L << 24;

    internal static void Require(bool condition, string name, string message) => MatrixChecks.Require(condition, name, message);

    internal static void Problems(long size, string name) =>
        Require(size is >= 1 and <= MostProblems, name, $"{name} is {size}, must be in [1, {MostProblems}]");

    internal static void Finite(double value, string name) => Require(double.IsFinite(value), name, $"{name} is {value}, must be finite");

    internal static void AllFinite(double* values, long count, string name)
    {
        Require(values != null, name, $"{name} is null");
        for (long i = 0; i < count; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                Require(false, name, $"{name}[{i}] is {values[i]}, must be finite");
            }
        }
    }
}
