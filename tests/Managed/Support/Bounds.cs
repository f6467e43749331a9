using System;

namespace Equipoise.Tests.Support;

/// <summary>
/// How far an answer may be from the truth, row by row, by a running error analysis of the formulas: worst cases, no fitted constants.
/// <list type="bullet">
/// <item>u is the unit roundoff of the arithmetic on elements: 2⁻²⁴, or 2⁻⁵³ where the inputs are f64 (or the method is bisection).</item>
/// <item>A weight exp(x) with x = (…a…) + (…b…) is wrong by a factor 1 + e, e = u (4 + 3 (|a − a_max| + |b − b_max|)): temperature, product
/// with log₂e and the sum of the two parts round once each in proportion to the argument; polynomial, scaling and product with d are the 4.
/// The weight of a policy's own largest token is exact.</item>
/// <item>A sum of weights in blocks is wrong by a factor 1 + s, s = 32 u: rounding errors of the at most 256 additions of a lane grow as
/// their square root, twice that is allowed. Where one token dominates, s counts for five times the rest at most (dominated blocks are
/// summed in f64).</item>
/// <item>log Σ exp is taken of a f64 sum that contains the largest token's 1: another 32 · 2⁻⁵³ per policy, however small the rest.</item>
/// <item>Δ = E_q[d] − κ therefore errs by δΔ = Σ q e |d − E d| + s Σ q |d| + δA + δB, and α by δΔ / Var, beside the tolerance and the
/// smallest step of Newton.</item>
/// </list>
/// </summary>
internal sealed class Bounds
{
    /// <summary>Newton may stop at a step this small in units of 1/σ, the accuracy stated for f64, whatever the tolerance.</summary>
    private const double FinestStep = 1e-12;

    private readonly Reference truth;
    private readonly double unit;
    private readonly double tolerance;

    /// <summary>The bounds around <paramref name="truth"/> of arithmetic in units of <paramref name="unit"/>.</summary>
    public Bounds(Reference truth, double unit, double tolerance, bool fixedAlpha)
    {
        (this.truth, this.unit, this.tolerance) = (truth, unit, tolerance);
        double kl = Math.Max(1, Math.Max(truth.KlTheta, truth.KlTarget));
        Noise = DeltaNoise();
        Condition = truth.Variance > 0 ? 2 * Noise / truth.Variance : double.PositiveInfinity;
        bool searched = !fixedAlpha && truth.Status == RowStatus.Ok;
        Alpha = searched ? Math.Min(1, tolerance + Condition + (FinestStep / Math.Sqrt(truth.Variance))) : 0;
        Delta = (fixedAlpha ? 0 : tolerance * kl) + Noise;
        LogZ = LogZNoise() + (truth.Variance * Alpha * Alpha / 2) + (fixedAlpha ? 0 : tolerance * kl);
        Kl = LogZ + Delta + (truth.Variance * Alpha);
        Mass = LogZ + Weighted(truth.Alpha, Error) + Summation;
        TotalVariation = Mass + (Math.Sqrt(truth.Variance) * Alpha / 2);
    }

    /// <summary>Rounding in Δ.</summary>
    public double Noise { get; }

    /// <summary>What that rounding does to α.</summary>
    public double Condition { get; }

    public double Alpha { get; }

    public double Delta { get; }

    public double LogZ { get; }

    public double Kl { get; }

    /// <summary>Of Σ q, before rounding to the output's type.</summary>
    public double Mass { get; }

    /// <summary>Of ½ Σ |q − truth|, before rounding to the output's type.</summary>
    public double TotalVariation { get; }

    private double Summation => 32 * unit;

    /// <summary>Whether rounding leaves the tolerance within reach, so that nothing but OK is right.</summary>
    public bool WellConditioned => Condition <= 30 * tolerance;

    /// <summary>Of ESS_θ (reflected = 2 − α) or ESS_t (−α), which is <paramref name="ess"/>.</summary>
    public double Ess(double ess, double reflected)
    {
        if (ess == 0)
        {
            return 0;
        }

        double slope = Math.Abs(truth.Expect(reflected, truth.Ratio) - truth.Mean);
        double masses = MassNoise(truth.Theta) + MassNoise(truth.Target);
        double relative = (2 * LogZ) + (3 * Weighted(reflected, Error)) + Summation + (slope * Alpha) + masses;
        return Math.Min(1, (ess * double.ExpM1(Math.Min(700, relative))) + double.Epsilon);
    }

    /// <summary>Of log q of a token, before rounding to the output's type.</summary>
    public double LogQ(int token) => Error(token) + LogZ + (Math.Abs(truth.Ratio(token) - truth.Mean) * Alpha);

    private double Error(int token) => unit * (4 - (3 * (truth.Theta.Below[token] + truth.Target.Below[token])));

    private double Weighted(double alpha, Func<int, double> f) => truth.Expect(alpha, f);

    private double DeltaNoise()
    {
        double centred = Weighted(truth.Alpha, t => Error(t) * Math.Abs(truth.Ratio(t) - truth.Mean));
        double raw = Weighted(truth.Alpha, t => Math.Abs(truth.Target.Below[t] - truth.Theta.Below[t]));
        return centred + (Summation * raw) + MassNoise(truth.Theta) + MassNoise(truth.Target);
    }

    private double LogZNoise()
    {
        double logs = Math.ScaleB(8, -53) * (1 + Math.Abs(truth.LogZ) + truth.Theta.LogMass + truth.Target.LogMass);
        return MassNoise(truth.Theta) + MassNoise(truth.Target) + Weighted(truth.Alpha, Error) + Summation + logs;
    }

    private double MassNoise(Distribution policy)
    {
        Sum error = default, rest = default;
        for (int i = 0; i < policy.Below.Length; i++)
        {
            if (policy.Below[i] < 0 && !policy.Masked[i])
            {
                double p = Math.Exp(policy.Log(i));
                rest.Add(p);
                error.Add(p * unit * (4 - (3 * policy.Below[i])));
            }
        }

        return error.Value + (Summation * Math.Min(1, 5 * rest.Value)) + Math.ScaleB(32 + (4 * policy.LogMass), -53);
    }
}
