using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Numbers that a batch has one of, or one a row.</summary>
internal static unsafe class ParameterChecks
{
    /// <summary>Requires the one number, or those of the rows that are not skipped, to be good.</summary>
    /// <param name="perRow">[rows], or null.</param>
    /// <param name="one">The number where there are none per row.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="mask">[rows], or null: 0 skips the row.</param>
    /// <param name="name">The one number's name; the others' begins with row_.</param>
    /// <param name="isGood">What a number must be …</param>
    /// <param name="requirement">… in words.</param>
    internal static void Check(double* perRow, double one, long rows, byte* mask, string name, delegate*<double, bool> isGood, string requirement)
    {
        if (perRow == null)
        {
            MatrixChecks.Require(isGood(one), name, $"{name} is {one}, must be {requirement}");
            return;
        }

        for (long row = 0; row < rows; row++)
        {
            if (!isGood(perRow[row]) && (mask == null || mask[row] != 0))
            {
                throw new ArgumentException($"row_{name}[{row}] is {perRow[row]}, must be {requirement}", $"row_{name}");
            }
        }
    }

    internal static bool IsTemperature(double value) => value > 0 && double.IsFinite(value) && double.IsFinite(1 / value);

    internal static bool IsAmount(double value) => value >= 0 && double.IsFinite(value);

    internal static bool IsShare(double value) => value > 0 && value <= 1;

    internal static bool IsPlace(double value) => value is >= 0 and <= 1;
}
