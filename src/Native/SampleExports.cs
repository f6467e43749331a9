using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Tokens drawn from q of every row.</summary>
internal static unsafe class SampleExports
{
    // Up to and with the options that every call has, the number of draws, and the first output.
    private const int SmallestSolveOptions = 12;
    private const int SmallestOptions = 16;
    private const int SmallestSamples = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_sample_options_init")]
    public static Status InitOptions(SampleOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, SampleOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_sample")]
    public static Status Draw(Matrix* theta, Matrix* target, SolveOptions* solveOptions, SampleOptions* options, Samples* samples)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            SolveOptions point = solveOptions == null
                ? SolveOptions.Default
                : SizedStruct.Read(solveOptions, SolveOptions.Default, SmallestSolveOptions, "solve_options");
            SampleOptions wanted =
                options == null ? SampleOptions.Default : SizedStruct.Read(options, SampleOptions.Default, SmallestOptions, "options");
            Samples outputs = SizedStruct.Read(samples, default, SmallestSamples, "samples");
            Sampler.Draw(in *theta, in *target, in point, in wanted, in outputs);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
