using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Gradients through divergences and solves, and the lines between distributions.</summary>
internal static unsafe class GradientExports
{
    private const int SmallestOptions = 12;
    private const int SmallestCotangents = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_kl_gradient")]
    public static Status Kl(
        Matrix* p, Matrix* q, SolveOptions* options, double* weights, Matrix* gradP, Matrix* gradQ, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(p, "p");
            Require.NotNull(q, "q");
            Gradients.Kl(in *p, in *q, Wanted(options), weights, gradP, gradQ, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_solve_vjp")]
    public static Status Solve(
        Matrix* theta, Matrix* target, SolveOptions* options, double* alpha, Cotangents* given, Matrix* gradTheta, Matrix* gradTarget, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            Cotangents cotangents = SizedStruct.Read(given, default, SmallestCotangents, "given");
            Gradients.Solve(in *theta, in *target, Wanted(options), alpha, in cotangents, gradTheta, gradTarget, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_geodesic")]
    public static Status Geodesic(Matrix* theta, Matrix* target, GeodesicKind kind, SolveOptions* options, Matrix* point, RowStatus* rowStatus)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            Require.NotNull(point, "point");
            Geodesics.Compute(in *theta, in *target, kind, Wanted(options), in *point, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    private static SolveOptions Wanted(SolveOptions* options) =>
        options == null ? SolveOptions.Default : SizedStruct.Read(options, SolveOptions.Default, SmallestOptions, "options");
}
