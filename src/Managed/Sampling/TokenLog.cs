using System;

namespace Equipoise.Sampling;

/// <summary>What is reported of a drawn token; logarithms in nats.</summary>
internal struct TokenLog
{
    internal long Token;
    internal double Q;
    internal double Theta;
    internal double Target;

    /// <summary>log of what the weights divide by: q, or the inclusion probability.</summary>
    internal double Inclusion;

    /// <summary>No token, and the same in all that goes with it.</summary>
    internal static TokenLog None(double value) => new() { Token = -1, Q = value, Theta = value, Target = value, Inclusion = value };
}
