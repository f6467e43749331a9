using System;
using System.Linq;

namespace Equipoise.Abi.Support;

/// <summary>One row's answer by the definitions, slowly: α by bisection of E_q[log π_t − log π_θ] on [0, 1].</summary>
internal sealed class Exact
{
    /// <summary>Solves two rows of finite logits.</summary>
    public Exact(ReadOnlySpan<double> theta, ReadOnlySpan<double> target)
    {
        double[] p = Normalise(theta), t = Normalise(target);
        (double low, double high) = (0, 1);
        for (int halving = 0; halving < 60; halving++)
        {
            double middle = (low + high) / 2;
            double[] at = Path(p, t, middle);
            (low, high) = at.Select((l, y) => Math.Exp(l) * (t[y] - p[y])).Sum() > 0 ? (middle, high) : (low, middle);
        }

        Alpha = (low + high) / 2;
        double[] logQ = Path(p, t, Alpha);
        Q = [.. logQ.Select(Math.Exp)];
        Kl = Divergence(logQ, p);
        EssTheta = 1 / p.Select((l, y) => Math.Exp(2 * l - logQ[y])).Sum();
    }

    public double Alpha { get; }

    public double[] Q { get; }

    public double Kl { get; }

    public double EssTheta { get; }

    /// <summary>KL(p‖q) of two rows of finite logits.</summary>
    public static double KlOf(ReadOnlySpan<double> p, ReadOnlySpan<double> q) => Divergence(Normalise(p), Normalise(q));

    private static double Divergence(double[] logP, double[] logQ) => logP.Select((l, y) => Math.Exp(l) * (l - logQ[y])).Sum();

    private static double[] Path(double[] p, double[] t, double alpha) =>
        Normalise([.. p.Select((l, y) => alpha * l + (1 - alpha) * t[y])]);

    private static double[] Normalise(ReadOnlySpan<double> logits)
    {
        double[] row = logits.ToArray();
        double largest = row.Max();
        double log = largest + Math.Log(row.Sum(l => Math.Exp(l - largest)));
        return [.. row.Select(l => l - log)];
    }
}
