using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Rows that come in tiles or shards.</summary>
internal static unsafe class PartialExports
{
    // Up to and with the temperatures, and alpha.
    private const int SmallestOptions = 32;
    private const int SmallestSolution = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_options_init")]
    public static Status InitOptions(PartialOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, PartialOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_statistics")]
    public static Status Update(Matrix* theta, Matrix* target, PartialOptions* options, double* partials)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            PartialStatistics.Update(in *theta, in *target, Read(options), partials);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_merge")]
    public static Status Merge(double* other, long rows, double* partials)
    {
        try
        {
            PartialStatistics.Merge(other, rows, partials);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_solve")]
    public static Status Solve(double* partials, long rows, PartialOptions* options, PartialSolution* solution)
    {
        try
        {
            PartialSolution outputs = SizedStruct.Read(solution, default, SmallestSolution, "solution");
            PartialStatistics.Solve(partials, rows, Read(options), in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_sweep")]
    public static Status Sweep(
        Matrix* theta, Matrix* target, PartialOptions* options, double* partials, Matrix* q, Matrix* logQ, double* moments)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            PartialStatistics.Sweep(in *theta, in *target, Read(options), partials, q, logQ, moments);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_partial_refine")]
    public static Status Refine(double* partials, long rows, PartialOptions* options, double* moments)
    {
        try
        {
            PartialStatistics.Refine(partials, rows, Read(options), moments);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    private static PartialOptions Read(PartialOptions* options) =>
        options == null ? PartialOptions.Default : SizedStruct.Read(options, PartialOptions.Default, SmallestOptions, "options");
}
