using System;

namespace Equipoise.Estimators;

/// <summary>The tables that have a formula. Each fills h[1..k]; h[0] stands for no answer and is never looked up.</summary>
internal static unsafe class ClosedForms
{
    internal static void Fill(in RewardTableOptions options, int k, double* h)
    {
        switch (options.Kind)
        {
            case RewardKind.Plugin:
                Plugin(k, h);
                break;
            case RewardKind.AddHalf:
                AddHalf(k, h);
                break;
            case RewardKind.MillerMadow:
                MillerMadow(k, h);
                break;
            case RewardKind.Harmonic:
                Harmonic(k, h);
                break;
            case RewardKind.Power:
                Power(k, options.M, h);
                break;
            default:
                Tsallis(k, options.S, h);
                break;
        }
    }

    internal static void Harmonic(int k, double* h)
    {
        // From the far end, where the terms are smallest: H_{c−1} − H_{K−1} without the difference of two sums.
        h[k] = 0;
        for (int c = k - 1; c >= 1; c--)
        {
            h[c] = h[c + 1] - (1.0 / c);
        }
    }

    private static void Plugin(int k, double* h)
    {
        for (int c = 1; c <= k; c++)
        {
            h[c] = Math.Log((double)c / k);
        }
    }

    private static void AddHalf(int k, double* h)
    {
        for (int c = 1; c <= k; c++)
        {
            h[c] = Math.Log((c + 0.5) / (k + 1));
        }
    }

    private static void MillerMadow(int k, double* h)
    {
        for (int c = 1; c <= k; c++)
        {
            h[c] = Math.Log((double)c / k) - ((double)(k - c) / (2.0 * c * k));
        }
    }

    private static void Power(int k, int m, double* h)
    {
        for (int c = 1; c <= k; c++)
        {
            h[c] = FallingRatio(c - 1, k - 1, m);
        }
    }

    private static void Tsallis(int k, int s, double* h)
    {
        for (int c = 1; c <= k; c++)
        {
            h[c] = ((s * FallingRatio(c - 1, k - 1, s - 1)) - 1) / (s - 1);
        }
    }

    /// <summary>(a)_m / (b)_m for a ≤ b and m ≤ b.</summary>
    private static double FallingRatio(int a, int b, int m)
    {
        double ratio = 1;
        for (int i = 0; i < m && ratio != 0; i++)
        {
            ratio *= (double)Math.Max(0, a - i) / (b - i);
        }

        return ratio;
    }
}
