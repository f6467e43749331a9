using System;

namespace Equipoise.Balance;

/// <summary>
/// The exponentials and logarithms of the scalar steps. The GPU kernels compile those steps too, with a definition of this class of their
/// own, since a device has no runtime to ask.
/// </summary>
internal static class Elementary
{
    internal static double Exp(double x) => Math.Exp(x);

    internal static double Exp2(double x) => double.Exp2(x);

    internal static double Log(double x) => Math.Log(x);
}
