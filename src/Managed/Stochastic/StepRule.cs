using System;

namespace Equipoise.Stochastic;

/// <summary>Steps c/(k + k0)^γ, k = 1, 2, …</summary>
internal readonly record struct StepRule(double C, double K0, double Gamma)
{
    internal double At(double k) => Gamma == 1 ? C / (k + K0) : C / Math.Pow(k + K0, Gamma);

    internal void Check()
    {
        Checks.Require(C > 0 && double.IsFinite(C), "c", $"c is {C}, must be finite and above 0");
        Checks.Require(K0 >= 0 && double.IsFinite(K0), "k0", $"k0 is {K0}, must be finite and at least 0");
        Checks.Require(Gamma >= 0 && double.IsFinite(Gamma), "gamma", $"gamma is {Gamma}, must be finite and at least 0");
    }

    /// <summary>Robbins and Monro's conditions: Σ a_k = ∞, Σ a_k² &lt; ∞.</summary>
    internal void CheckConvergence()
    {
        Checks.Require(Gamma <= 1, "gamma", $"gamma is {Gamma}: the sum of the steps a_k is finite, so that they may end before the root; gamma must be in (1/2, 1]");
        Checks.Require(Gamma > 0.5, "gamma", $"gamma is {Gamma}: the sum of the squares a_k^2 is infinite, so that the noise never dies out; gamma must be in (1/2, 1], or tracking asked for");
    }
}
