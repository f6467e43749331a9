using System;
using Equipoise.Balance;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>
/// The Chernoff point of rows that are never whole: tiles of a projection, or the shards of a vocabulary that several processes share. A record of
/// <see cref="Size"/> doubles per row, the caller's, holds what is known of the columns met so far.
/// </summary>
public static unsafe class PartialStatistics
{
    /// <summary>Doubles of a record. All zero is a row of which no column has been met.</summary>
    public const int Size = 96;

    /// <summary>Doubles of a row's sums at a point: Σq, Σq·ℓ, Σq·ℓ² and the number of columns.</summary>
    public const int MomentsSize = 4;

    /// <summary>Adds a tile of every row to its record, summed in f64.</summary>
    /// <param name="theta">[rows, ≥ valid columns] logits of π_θ in some of the columns; read only.</param>
    /// <param name="target">[rows, ≥ valid columns] logits of π_t in the same columns, any dtype and stride of its own; read only.</param>
    /// <param name="options">Start from <see cref="PartialOptions.Default"/>.</param>
    /// <param name="partials">[rows, <see cref="Size"/>] in and out.</param>
    /// <exception cref="ArgumentException">An argument is wrong, or a row is solved already; nothing has been changed.</exception>
    public static void Update(in Matrix theta, in Matrix target, in PartialOptions options, double* partials)
    {
        PartialChecks.CheckTile(theta, target, options, partials);
        PartialChecks.CheckUnsolved((PartialRow*)partials, theta.Rows, "partials");
        PartialJob job = JobOf(theta, target, options, partials);
        PartialChecks.CheckTemperatures(job);
        PartialBatch.Update(&job);
    }

    /// <summary>Adds the records of other columns of the same rows; exact for a fixed order, associative to rounding.</summary>
    /// <param name="other">[rows, <see cref="Size"/>]; read only.</param>
    /// <param name="rows">How many.</param>
    /// <param name="partials">[rows, <see cref="Size"/>] in and out.</param>
    /// <exception cref="ArgumentException">An argument is wrong, or a row is solved already; nothing has been changed.</exception>
    public static void Merge(double* other, long rows, double* partials)
    {
        PartialChecks.CheckMerge((PartialRow*)other, rows, (PartialRow*)partials);
        PartialRow* from = (PartialRow*)other, into = (PartialRow*)partials;
        for (long row = 0; row < rows; row++)
        {
            if (into[row].Columns == 0)
            {
                PartialFlags flags = (PartialFlags)(int)into[row].Flags;
                into[row] = from[row];
                into[row].Set(flags);
            }
            else if (from[row].Columns == 0)
            {
                into[row].Set((PartialFlags)(int)from[row].Flags);
            }
            else
            {
                into[row].Merge(from[row]);
            }
        }
    }

    /// <summary>
    /// α of every row, all of whose columns have been met. A row that its record cannot settle has status <see cref="RowStatus.NotConverged"/>;
    /// <see cref="Sweep"/> and <see cref="Refine"/> take it further.
    /// </summary>
    /// <param name="partials">[rows, <see cref="Size"/>] in and out: takes down what was found, and takes no further tile.</param>
    /// <param name="rows">How many.</param>
    /// <param name="options">The tolerance and the mask alone.</param>
    /// <param name="solution">Where to write.</param>
    public static void Solve(double* partials, long rows, in PartialOptions options, in PartialSolution solution)
    {
        PartialChecks.CheckRecords(partials, rows, options);
        PartialRow* records = (PartialRow*)partials;
        for (long row = 0; row < rows; row++)
        {
            if (options.RowMask != null && options.RowMask[row] == 0)
            {
                records[row].Set(PartialFlags.Skipped);
            }

            if (!records[row].IsSolved)
            {
                PartialSolver.Solve(ref records[row], ToleranceOf(options, records[row]));
            }

            Store(records[row], row, solution);
        }
    }

    /// <summary>A tile at the points found: its columns of q, of log q, and its share of Σq, Σq·ℓ and Σq·ℓ².</summary>
    /// <param name="theta">As in <see cref="Update"/>.</param>
    /// <param name="target">As in <see cref="Update"/>.</param>
    /// <param name="options">As in <see cref="Update"/>; rows that the mask leaves out add nothing to the moments, and are 0 in q.</param>
    /// <param name="partials">[rows, <see cref="Size"/>], solved.</param>
    /// <param name="q">[rows, columns of theta], any dtype, or null.</param>
    /// <param name="logQ">[rows, columns of theta], any dtype, or null.</param>
    /// <param name="moments">[rows, <see cref="MomentsSize"/>], or null: added to.</param>
    public static void Sweep(in Matrix theta, in Matrix target, in PartialOptions options, double* partials, Matrix* q, Matrix* logQ, double* moments)
    {
        PartialChecks.CheckTile(theta, target, options, partials);
        PartialChecks.CheckSolved((PartialRow*)partials, theta.Rows);
        PartialChecks.CheckOutputs(theta, target, q, logQ);
        PartialJob job = JobOf(theta, target, options, partials);
        PartialChecks.CheckTemperatures(job);
        job.WantsQ = q != null;
        job.WantsLogQ = logQ != null;
        job.Q = q == null ? default : *q;
        job.LogQ = logQ == null ? default : *logQ;
        job.Moments = moments;
        job.Kernels = RowKernels.Choose(theta.DType, target.DType, Scores.Logits, isUnitScale: false, forceF64: false, job.Q.DType, job.LogQ.DType);
        job.WideKernels = RowKernels.Choose(theta.DType, target.DType, Scores.Logits, isUnitScale: false, forceF64: true, job.Q.DType, job.LogQ.DType);
        PartialBatch.Sweep(&job);
    }

    /// <summary>Moves rows that were not converged by what <see cref="Sweep"/> measured of all their columns.</summary>
    /// <param name="partials">[rows, <see cref="Size"/>] in and out, solved.</param>
    /// <param name="rows">How many.</param>
    /// <param name="options">The tolerance alone.</param>
    /// <param name="moments">[rows, <see cref="MomentsSize"/>] summed over all tiles; rows with 0 columns are left as they are.</param>
    public static void Refine(double* partials, long rows, in PartialOptions options, double* moments)
    {
        PartialChecks.CheckRecords(partials, rows, options);
        PartialChecks.CheckSolved((PartialRow*)partials, rows);
        PartialChecks.CheckMoments((PartialRow*)partials, rows, moments);
        PartialRow* records = (PartialRow*)partials;
        for (long row = 0; row < rows; row++)
        {
            double* sums = moments + (row * MomentsSize);
            if (sums[3] != 0 && records[row].Status == RowStatus.NotConverged)
            {
                Moments measured = new() { Weight = sums[0], First = sums[1], Second = sums[2] };
                PartialSolver.Refine(ref records[row], measured, ToleranceOf(options, records[row]));
            }
        }
    }

    private static PartialJob JobOf(in Matrix theta, in Matrix target, in PartialOptions options, double* partials) => new()
    {
        Theta = theta,
        Target = target,
        Options = options,
        Partials = (PartialRow*)partials,
        Columns = Addressing.RealColumns(theta, options.ValidColumns),
    };

    private static double ToleranceOf(in PartialOptions options, in PartialRow row) =>
        options.Tolerance > 0 ? options.Tolerance : row.Has(PartialFlags.F64) ? 1e-9 : 1e-6;

    private static void Store(in PartialRow record, long row, in PartialSolution outputs)
    {
        bool isSkipped = record.Status == RowStatus.Skipped, isInvalid = record.Status == RowStatus.Invalid;
        double thetaLse = isInvalid ? double.NaN : isSkipped ? 0 : (record.ThetaTop * record.InverseTheta) + record.ThetaLogMass;
        double targetLse = isInvalid ? double.NaN : isSkipped ? 0 : (record.TargetTop * record.InverseTarget) + record.TargetLogMass;
        Output.Put(outputs.Alpha, row, record.Alpha);
        Output.Put(outputs.LogZ, row, record.LogZ);
        Output.Put(outputs.ThetaLse, row, thetaLse);
        Output.Put(outputs.TargetLse, row, targetLse);
        Output.Put(outputs.Residual, row, record.Residual);
        Output.Put(outputs.RowStatus, row, record.Status);
    }
}
