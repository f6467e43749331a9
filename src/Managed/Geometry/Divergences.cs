using System;

namespace Equipoise;

/// <summary>Interim: divergences of two distributions.</summary>
public static unsafe class Divergences
{
    /// <summary>One divergence a row.</summary>
    public static void Compute(in Matrix p, in Matrix q, in DivergenceOptions options, double* values, RowStatus* rowStatus) =>
        throw new NotSupportedException("divergences are not there yet");
}
