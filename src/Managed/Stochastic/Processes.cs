using System;
using Equipoise.Rows;
using Equipoise.Sampling;
using Equipoise.Stochastic;

namespace Equipoise;

/// <summary>Stochastic processes, path beside path, by counter-based random numbers: the same for any number of threads, and path by path.</summary>
public static unsafe class Processes
{
    /// <summary>Paths of Δ ← (1 − α_k) Δ + β_k η_k, η standard normal (Dvoretzky, 1956).</summary>
    /// <param name="paths">How many.</param>
    /// <param name="options">Start from <see cref="DvoretzkyOptions.Default"/>.</param>
    /// <param name="values">[steps / every, paths] out.</param>
    public static void Dvoretzky(long paths, in DvoretzkyOptions options, double* values)
    {
        Checks.Finite(options.Initial, "initial");
        new StepRule(1, 0, options.AlphaGamma).Check();
        new StepRule(1, 0, options.BetaGamma).Check();
        Checks.Require(options.AlphaC >= 0 && double.IsFinite(options.AlphaC), "alpha_c", $"alpha_c is {options.AlphaC}, must be finite and at least 0");
        Checks.Require(options.BetaC >= 0 && double.IsFinite(options.BetaC), "beta_c", $"beta_c is {options.BetaC}, must be finite and at least 0");
        ProcessJob job = new() { Dvoretzky = options, Seed = options.Seed, Stream = options.Stream, Values = values };
        job.Run(paths, options.Steps, options.Every, options.Threads);
    }

    /// <summary>Paths of w ← w − a_k ∇f(w, x).</summary>
    /// <param name="paths">How many.</param>
    /// <param name="options">Start from <see cref="SgdOptions.Default"/>.</param>
    /// <param name="values">[steps / every, paths] out.</param>
    public static void Sgd(long paths, in SgdOptions options, double* values)
    {
        Checks.Require((uint)options.Objective <= (uint)SgdObjective.LogCosh, "objective", $"objective {(int)options.Objective} is not an eqp_sgd_objective");
        Checks.Finite(options.Initial, "initial");
        Checks.Finite(options.Center, "center");
        Checks.Require(options.Noise >= 0 && double.IsFinite(options.Noise), "noise", $"noise is {options.Noise}, must be finite and at least 0");
        new StepRule(options.C, options.K0, options.Gamma).Check();
        ProcessJob job = new() { IsSgd = true, Sgd = options, Seed = options.Seed, Stream = options.Stream, Values = values };
        job.Run(paths, options.Steps, options.Every, options.Threads);
    }
}
