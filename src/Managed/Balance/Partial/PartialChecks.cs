using System;
using Equipoise.Rows;

namespace Equipoise.Balance;

/// <summary>Everything that can be wrong about tiles and records, found before any record is touched.</summary>
internal static unsafe class PartialChecks
{
    internal static void CheckTile(in Matrix theta, in Matrix target, in PartialOptions options, double* partials)
    {
        MatrixChecks.Check(theta, theta.Rows, "theta");
        MatrixChecks.Check(target, theta.Rows, "target");
        SolveChecks.CheckWidths(theta, target, options.ValidColumns, "theta", "target");
        MatrixChecks.Require(options.Threads >= 0, "threads", $"threads is {options.Threads}, must be at least 0");
        ParameterChecks.Check(
            options.RowTemperatureTheta,
            options.TemperatureTheta,
            theta.Rows,
            options.RowMask,
            "temperature_theta",
            &ParameterChecks.IsTemperature,
            SolveChecks.Positive);
        ParameterChecks.Check(
            options.RowTemperatureTarget,
            options.TemperatureTarget,
            theta.Rows,
            options.RowMask,
            "temperature_target",
            &ParameterChecks.IsTemperature,
            SolveChecks.Positive);
        CheckRecords(partials, theta.Rows, options);
    }

    internal static void CheckRecords(double* partials, long rows, in PartialOptions options)
    {
        MatrixChecks.Require(rows >= 0, "rows", $"rows is {rows}, must be at least 0");
        MatrixChecks.Require(rows == 0 || partials != null, "partials", "partials is null");
        MatrixChecks.Require(
            options.Tolerance >= 0 && double.IsFinite(options.Tolerance), "tolerance", $"tolerance is {options.Tolerance}, must be at least 0");
        MatrixChecks.Require(options.Reserved == 0, "reserved", $"reserved is {options.Reserved}, must be 0");
    }

    internal static void CheckMerge(PartialRow* other, long rows, PartialRow* partials)
    {
        MatrixChecks.Require(rows >= 0, "rows", $"rows is {rows}, must be at least 0");
        MatrixChecks.Require(rows == 0 || other != null, "other", "other is null");
        MatrixChecks.Require(rows == 0 || partials != null, "partials", "partials is null");
        MatrixChecks.Require(rows == 0 || other + rows <= partials || partials + rows <= other, "partials", "partials overlaps other");
        CheckUnsolved(other, rows, "other");
        CheckUnsolved(partials, rows, "partials");
        for (long row = 0; row < rows; row++)
        {
            bool isFed = other[row].Columns > 0 && partials[row].Columns > 0;
            bool agrees = other[row].InverseTheta == partials[row].InverseTheta && other[row].InverseTarget == partials[row].InverseTarget;
            MatrixChecks.Require(!isFed || agrees, "other", $"other: row {row} was met at other temperatures than in partials");
        }
    }

    internal static void CheckUnsolved(PartialRow* partials, long rows, string name)
    {
        for (long row = 0; row < rows; row++)
        {
            MatrixChecks.Require(!partials[row].IsSolved, name, $"{name}: row {row} has been solved, and takes no further columns");
        }
    }

    internal static void CheckSolved(PartialRow* partials, long rows)
    {
        for (long row = 0; row < rows; row++)
        {
            MatrixChecks.Require(partials[row].IsSolved, "partials", $"partials: row {row} has not been solved");
        }
    }

    /// <summary>A row keeps the temperatures of its first tile.</summary>
    internal static void CheckTemperatures(in PartialJob job)
    {
        for (long row = 0; row < job.Theta.Rows; row++)
        {
            PartialRow* record = job.Partials + row;
            bool agrees = job.IsMasked(row) || record->Columns == 0 || (record->InverseTheta == job.InverseTheta(row) && record->InverseTarget == job.InverseTarget(row));
            MatrixChecks.Require(agrees, "temperature", $"temperature of row {row} differs from that of its first tile");
        }
    }

    internal static void CheckOutputs(in Matrix theta, in Matrix target, Matrix* q, Matrix* logQ)
    {
        if (q != null)
        {
            SolveChecks.CheckOutput(*q, theta, target, theta.Rows, "q");
        }

        if (logQ != null)
        {
            SolveChecks.CheckOutput(*logQ, theta, target, theta.Rows, "log_q");
        }

        if (q != null && logQ != null)
        {
            MatrixChecks.CheckApart(*logQ, "log_q", *q, "q");
        }
    }

    internal static void CheckMoments(PartialRow* partials, long rows, double* moments)
    {
        MatrixChecks.Require(rows == 0 || moments != null, "moments", "moments is null");
        for (long row = 0; row < rows; row++)
        {
            double columns = moments[(row * PartialStatistics.MomentsSize) + 3];
            MatrixChecks.Require(
                columns == 0 || columns == partials[row].Columns,
                "moments",
                $"moments: row {row} was measured in {columns} columns and has {partials[row].Columns}");
        }
    }
}
