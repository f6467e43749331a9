using Equipoise.Devices;

namespace Equipoise.Kernels;

/// <summary>One row's numbers, those that were asked for.</summary>
internal static class Outputs
{
    internal static void Store(
        in Arguments arguments, DeviceJob job, long row, int status, int iterations, double alpha, double logZ, double klTheta, double klTarget, double residual, double essTheta, double essTarget)
    {
        int wanted = job.Outputs;
        if ((wanted & Wanted.Alpha) != 0)
        {
            arguments.Alpha[row] = alpha;
        }

        if ((wanted & Wanted.LogZ) != 0)
        {
            arguments.LogZ[row] = logZ;
        }

        if ((wanted & Wanted.KlTheta) != 0)
        {
            arguments.KlTheta[row] = klTheta;
        }

        if ((wanted & Wanted.KlTarget) != 0)
        {
            arguments.KlTarget[row] = klTarget;
        }

        if ((wanted & Wanted.Residual) != 0)
        {
            arguments.Residual[row] = residual;
        }

        if ((wanted & Wanted.EssTheta) != 0)
        {
            arguments.EssTheta[row] = essTheta;
        }

        if ((wanted & Wanted.EssTarget) != 0)
        {
            arguments.EssTarget[row] = essTarget;
        }

        if ((wanted & Wanted.Iterations) != 0)
        {
            arguments.Iterations[row] = iterations;
        }

        if ((wanted & Wanted.RowStatus) != 0)
        {
            arguments.RowStatus[row] = status;
        }
    }
}
