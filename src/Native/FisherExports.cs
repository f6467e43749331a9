using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>The Fisher information of distributions, row by row.</summary>
internal static unsafe class FisherExports
{
    // Up to and with the threads, which follow the scores.
    private const int SmallestOptions = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_fisher_options_init")]
    public static Status InitOptions(FisherOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, FisherOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_fisher_quadratic")]
    public static Status Quadratic(Matrix* p, Matrix* q, FisherOptions* options, double* values, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(p, "p");
            Require.NotNull(q, "q");
            Fisher.Quadratic(in *p, in *q, Wanted(options), values, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_fisher_product")]
    public static Status Product(Matrix* logits, Matrix* vector, FisherOptions* options, Matrix* product, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(logits, "logits");
            Require.NotNull(vector, "vector");
            Require.NotNull(product, "product");
            Fisher.Product(in *logits, in *vector, Wanted(options), in *product, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_fisher_step_kl")]
    public static Status StepKl(Matrix* logits, Matrix* step, FisherOptions* options, double* values, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(logits, "logits");
            Require.NotNull(step, "step");
            Fisher.StepKl(in *logits, in *step, Wanted(options), values, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_natural_gradient")]
    public static Status NaturalGradient(Matrix* logits, Matrix* gradient, FisherOptions* options, Matrix* solution, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(logits, "logits");
            Require.NotNull(gradient, "gradient");
            Require.NotNull(solution, "solution");
            Fisher.NaturalGradient(in *logits, in *gradient, Wanted(options), in *solution, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_trust_region")]
    public static Status TrustRegion(
        Matrix* logits, Matrix* direction, FisherOptions* options, double* step, double* quadraticStep, double* kl, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(logits, "logits");
            Require.NotNull(direction, "direction");
            Fisher.TrustRegion(in *logits, in *direction, Wanted(options), step, quadraticStep, kl, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    private static FisherOptions Wanted(FisherOptions* options) =>
        options == null ? FisherOptions.Default : SizedStruct.Read(options, FisherOptions.Default, SmallestOptions, "options");
}
