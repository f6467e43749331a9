using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>KL(q‖π_θ) as a loss, and its gradient.</summary>
internal static unsafe class LossExports
{
    // Up to and with the first output.
    private const int SmallestOutputs = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_equilibrium_loss")]
    public static Status Forward(Matrix* theta, Matrix* target, SolveOptions* options, LossOutputs* outputs)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            LossOutputs wanted = SizedStruct.Read(outputs, default, SmallestOutputs, "outputs");
            EquilibriumLoss.Forward(in *theta, in *target, SolveExports.Read(options), in wanted);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_equilibrium_loss_backward")]
    public static Status Backward(
        Matrix* theta, Matrix* target, SolveOptions* options, LossGradient kind, LossRecord* records, double* upstream, Matrix* gradient)
    {
        try
        {
            Require.NotNull(theta, "theta");
            Require.NotNull(target, "target");
            Require.NotNull(gradient, "gradient");
            EquilibriumLoss.Backward(in *theta, in *target, SolveExports.Read(options), kind, records, upstream, in *gradient);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
