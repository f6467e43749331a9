using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>Which table a <see cref="RewardTable"/> is; the layout of <c>eqp_reward_table_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RewardTableOptions
{
    /// <summary>sizeof(RewardTableOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>The estimate.</summary>
    public RewardKind Kind;

    /// <summary>Power: the exponent, 1 ≤ m ≤ K − 1.</summary>
    public int M;

    /// <summary>Tsallis: the order, 2 ≤ s ≤ K.</summary>
    public int S;

    /// <summary>Nonzero lets <see cref="RewardKind.Minimax"/> exceed K = 16.</summary>
    public int AllowUnstable;

    /// <summary>Aqp: the bias allowed, in units of the bias of <see cref="RewardKind.Harmonic"/>; above 0.</summary>
    public double Rho;

    /// <summary>The harmonic table.</summary>
    public static unsafe RewardTableOptions Default => new()
    {
        StructSize = (nuint)sizeof(RewardTableOptions),
        Kind = RewardKind.Harmonic,
        M = 1,
        S = 2,
        Rho = 0.5,
    };
}
