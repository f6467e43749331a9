using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Importance weights.</summary>
internal static unsafe class WeightExports
{
    // Up to and with the mode, and the weights.
    private const int SmallestOptions = 16;
    private const int SmallestOutputs = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_weight_options_init")]
    public static Status InitOptions(WeightOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, WeightOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_importance_weights")]
    public static Status Compute(Matrix* logPi, Matrix* logQ, WeightOptions* options, WeightOutputs* outputs)
    {
        try
        {
            Require.NotNull(logPi, "log_pi");
            Require.NotNull(logQ, "log_q");
            WeightOptions wanted =
                options == null ? WeightOptions.Default : SizedStruct.Read(options, WeightOptions.Default, SmallestOptions, "options");
            WeightOutputs where = SizedStruct.Read(outputs, default, SmallestOutputs, "outputs");
            ImportanceWeights.Compute(in *logPi, in *logQ, in wanted, in where);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
