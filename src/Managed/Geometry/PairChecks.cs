using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise.Geometry;

/// <summary>What the functions of Geometry ask of their arguments, by their C names.</summary>
internal static unsafe class PairChecks
{
    internal static void Check(in Matrix p, string pName, in Matrix q, string qName, Scores scores, long validColumns, int threads)
    {
        MatrixChecks.Check(p, p.Rows, pName);
        MatrixChecks.Check(q, p.Rows, qName);
        SolveChecks.CheckWidths(p, q, validColumns, pName, qName);
        MatrixChecks.Require((uint)scores <= (uint)Scores.Probs, "scores", $"scores {(int)scores} is not an eqp_scores");
        MatrixChecks.Require(threads >= 0, "threads", $"threads is {threads}, must be at least 0");
    }

    /// <summary>A finite number of at least 0, the same for every row or one per row; those of skipped rows may be anything.</summary>
    internal static void CheckParameter(double one, double* perRow, long rows, byte* mask, string name)
    {
        if (perRow == null)
        {
            MatrixChecks.Require(one >= 0 && double.IsFinite(one), name, $"{name} is {one}, must be finite and at least 0");
            return;
        }

        for (long row = 0; row < rows; row++)
        {
            bool isGood = (perRow[row] >= 0 && double.IsFinite(perRow[row])) || (mask != null && mask[row] == 0);
            MatrixChecks.Require(isGood, name, $"row_{name}[{row}] is {perRow[row]}, must be finite and at least 0");
        }
    }
}
