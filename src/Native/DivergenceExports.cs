using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Divergences of two distributions, row by row.</summary>
internal static unsafe class DivergenceExports
{
    // Up to and with the scores, as in eqp_solve_options.
    private const int SmallestOptions = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_divergence_options_init")]
    public static Status InitOptions(DivergenceOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, DivergenceOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_divergence")]
    public static Status Compute(Matrix* p, Matrix* q, DivergenceOptions* options, double* values, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(p, "p");
            Require.NotNull(q, "q");
            DivergenceOptions wanted =
                options == null ? DivergenceOptions.Default : SizedStruct.Read(options, DivergenceOptions.Default, SmallestOptions, "options");
            Divergences.Compute(in *p, in *q, in wanted, values, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
