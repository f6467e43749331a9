namespace Equipoise.Tests.Stochastic;

/// <summary>States of estimators as arrays.</summary>
internal static unsafe class States
{
    internal delegate void Saving(double* to);

    internal delegate void Restoring(double* from, long count);

    internal static double[] Save(long size, Saving save)
    {
        double[] state = new double[size];
        fixed (double* to = state)
        {
            save(to);
        }

        return state;
    }

    internal static void Restore(double[] state, Restoring restore)
    {
        fixed (double* from = state)
        {
            restore(from, state.Length);
        }
    }
}
