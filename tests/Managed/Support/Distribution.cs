using System;

namespace Equipoise.Tests.Support;

/// <summary>One policy's row in f64: log-probabilities relative to the likeliest token, and log Σ exp of them.</summary>
internal sealed class Distribution
{
    private Distribution(double[] below, double logMass, bool[] masked) => (Below, LogMass, Masked) = (below, logMass, masked);

    /// <summary>Score minus the row's largest, over the temperature; −∞ where masked.</summary>
    public double[] Below { get; }

    /// <summary>log Σ exp(Below): minus the logarithm of the likeliest token's probability.</summary>
    public double LogMass { get; }

    /// <summary>Which tokens have no mass.</summary>
    public bool[] Masked { get; }

    /// <summary>log π(token).</summary>
    public double Log(int token) => Below[token] - LogMass;

    /// <summary>Reads a row of scores; null if it is no distribution.</summary>
    public static Distribution? Of(double[] row, Scores scores, double temperature)
    {
        if (Array.Exists(row, v => double.IsNaN(v) || v == double.PositiveInfinity || (scores == Scores.Probs && v < 0)))
        {
            return null;
        }

        double[] logs = scores == Scores.Probs ? Array.ConvertAll(row, Math.Log) : row;
        int top = Array.IndexOf(logs, Largest(logs));
        if (double.IsNegativeInfinity(logs[top]))
        {
            return null;
        }

        double[] below = Array.ConvertAll(logs, v => (v - logs[top]) / temperature);
        Sum others = default;
        for (int i = 0; i < below.Length; i++)
        {
            others.Add(i == top ? 0 : Math.Exp(below[i]));
        }

        double logMass = double.LogP1(others.Value);
        bool normalised = scores == Scores.Logits || Math.Abs(Math.Exp(logs[top] + logMass) - 1) <= 1e-3;
        return normalised ? new Distribution(below, logMass, Array.ConvertAll(below, double.IsNegativeInfinity)) : null;
    }

    private static double Largest(double[] values)
    {
        double largest = double.NegativeInfinity;
        foreach (double v in values)
        {
            largest = Math.Max(largest, v);
        }

        return largest;
    }
}
