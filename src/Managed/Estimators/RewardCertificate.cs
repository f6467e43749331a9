using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What is known about a table, measured on a dense grid of p; the layout of <c>eqp_reward_certificate</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RewardCertificate
{
    /// <summary>sizeof(RewardCertificate), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>sup p·|E h − f(p)|, f being what the table estimates: log p, p^m or Tsallis' f'.</summary>
    public double Bias;

    /// <summary>∫₀¹ Var_p h dp.</summary>
    public double MeanVariance;

    /// <summary>sup Var_p h.</summary>
    public double MaxVariance;

    /// <summary>max |h|.</summary>
    public double MaxAbs;

    /// <summary>How the table came about.</summary>
    public SolverStatus SolverStatus;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Minimax and aqp: the bias that every table of K reaches at least; otherwise 0.</summary>
    public double LeastBias;
}
