using System;
using Equipoise.Estimators;

namespace Equipoise;

/// <summary>
/// The estimates h[1..K] of one kind, for groups of K answers and of every smaller number: a triangular set. The table of K is built by the
/// constructor, a smaller one by the first call that meets such a group.
/// </summary>
/// <remarks>Safe to use from any number of threads at once; not to be disposed of meanwhile.</remarks>
public sealed unsafe class RewardTable : IDisposable
{
    /// <summary>Largest number of answers to a prompt.</summary>
    public const int LargestK = 4096;

    private RewardRows rows;

    /// <summary>Builds the table of <paramref name="k"/> answers.</summary>
    /// <param name="k">Answers to a prompt, 1 ≤ k ≤ <see cref="LargestK"/>.</param>
    /// <param name="options">Start from <see cref="RewardTableOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it.</exception>
    public RewardTable(long k, in RewardTableOptions options)
    {
        RewardTableChecks.Check(k, options);
        K = (int)k;
        rows = RewardRows.Create(K, options);
    }

    /// <summary>Frees the tables of one that was not disposed of.</summary>
    ~RewardTable() => rows.Free();

    /// <summary>Answers to a prompt, at most.</summary>
    public int K { get; }

    /// <summary>h[1], …, h[K].</summary>
    public ReadOnlySpan<double> Values => new(rows.Row(K) + 1, K);

    internal RewardRows Rows => rows;

    /// <summary>Measures the table of K on a dense grid.</summary>
    public RewardCertificate Certify() => Certificate.Of(rows.Row(K), K, rows.Options);

    /// <inheritdoc/>
    public void Dispose()
    {
        rows.Free();
        GC.SuppressFinalize(this);
    }
}
