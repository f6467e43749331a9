using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Equipoise.Balance;

/// <summary>Moments at the nodes of <see cref="PathGrid"/>.</summary>
[InlineArray(PathGrid.Count)]
internal struct GridSums
{
    private PointSums first;
}

/// <summary>log Z, E_q[ℓ] and Var_q[ℓ] at one α.</summary>
internal struct MeasuredPoint
{
    internal double Alpha;
    internal double LogZ;
    internal double Mean;
    internal double Variance;
}

/// <summary>Room to grow within the record.</summary>
[InlineArray(6)]
internal struct Unused
{
    private double first;
}

/// <summary>
/// What is known of a row whose columns come in parts: the caller's record of <see cref="PartialStatistics.Size"/> doubles. All zero is a row of
/// which nothing is known yet. Nothing but doubles, so that records travel as such.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PartialRow
{
    /// <summary>Columns met so far.</summary>
    internal double Columns;

    /// <summary><see cref="PartialFlags"/> as a number.</summary>
    internal double Flags;

    /// <summary>1/T of each policy.</summary>
    internal double InverseTheta;

    internal double InverseTarget;

    /// <summary>Largest score of each policy, unscaled.</summary>
    internal double ThetaTop;

    internal double TargetTop;

    /// <summary>Each policy's mass over its own support, relative to its top.</summary>
    internal double ThetaMass;

    internal double TargetMass;

    /// <summary>Σw·d³ and Σw·d⁴ at α = ½, relative to that node's exponent: for policies that nearly agree.</summary>
    internal double HalfThird;

    internal double HalfFourth;

    /// <summary>Σw, Σw·d and Σw·d² at the nodes, d being the scaled log-ratio relative to both tops.</summary>
    internal GridSums Nodes;

    /// <summary>What <see cref="PartialSolver"/> found.</summary>
    internal double Alpha;

    internal double LogZ;

    internal double Residual;

    /// <summary>A <see cref="RowStatus"/> plus 1; 0 = not solved yet.</summary>
    internal double Answer;

    /// <summary>The nearest known points around α.</summary>
    internal MeasuredPoint Low;

    internal MeasuredPoint High;

    internal Unused Reserved;

    internal readonly bool IsSolved => Answer != 0;

    internal readonly RowStatus Status => (RowStatus)((int)Answer - 1);

    internal readonly bool Has(PartialFlags flag) => ((PartialFlags)(int)Flags & flag) != 0;

    internal readonly double ThetaLogMass => Math.Log(ThetaMass);

    internal readonly double TargetLogMass => Math.Log(TargetMass);

    /// <summary>E_q[d] at which E_q[ℓ] = 0.</summary>
    internal readonly double Kappa => TargetLogMass - ThetaLogMass;

    /// <summary>The normaliser log Σ exp(α x + (1−α) y) that belongs to a value of log Z, relative to the tops.</summary>
    internal readonly double Normaliser(double alpha, double logZ) => logZ + (alpha * ThetaLogMass) + ((1 - alpha) * TargetLogMass);

    /// <summary>Begins a record at the first tile.</summary>
    internal void Begin(double inverseTheta, double inverseTarget)
    {
        InverseTheta = inverseTheta;
        InverseTarget = inverseTarget;
        ThetaTop = TargetTop = double.NegativeInfinity;
        for (int node = 0; node < PathGrid.Count; node++)
        {
            Nodes[node] = PointSums.Empty;
        }
    }

    internal void Set(PartialFlags flags) => Flags = (int)((PartialFlags)(int)Flags | flags);

    /// <summary>Moves the references up to new tops.</summary>
    internal void Raise(double thetaTop, double targetTop)
    {
        if (thetaTop == ThetaTop && targetTop == TargetTop)
        {
            return;
        }

        // A top of −∞ stands for "no score yet": nothing has been summed on that side, and any reference serves.
        double theta = double.IsNegativeInfinity(ThetaTop) ? 0 : (thetaTop - ThetaTop) * InverseTheta;
        double target = double.IsNegativeInfinity(TargetTop) ? 0 : (targetTop - TargetTop) * InverseTarget, shift = theta - target;
        ThetaTop = thetaTop;
        TargetTop = targetTop;
        ThetaMass *= Math.Exp(-theta);
        TargetMass *= Math.Exp(-target);
        ShiftHalf(Nodes[PathGrid.Half].Moments, shift);
        for (int node = 0; node < PathGrid.Count; node++)
        {
            double alpha = PathGrid.Alpha(node);
            Nodes[node].Exponent -= ((alpha * theta) + ((1 - alpha) * target)) * Constants.Log2E;
            Nodes[node].Moments.Rebase(1, shift);
        }
    }

    /// <summary>Adds what is known of other columns, bringing both to the higher tops.</summary>
    internal void Merge(PartialRow other)
    {
        double theta = Math.Max(ThetaTop, other.ThetaTop), target = Math.Max(TargetTop, other.TargetTop);
        Raise(theta, target);
        other.Raise(theta, target);
        Columns += other.Columns;
        Set((PartialFlags)(int)other.Flags);
        ThetaMass += other.ThetaMass;
        TargetMass += other.TargetMass;
        AddHalf(other.Nodes[PathGrid.Half].Exponent, other.HalfThird, other.HalfFourth);
        for (int node = 0; node < PathGrid.Count; node++)
        {
            Nodes[node].Merge(other.Nodes[node]);
        }
    }

    /// <summary>Adds powers of d at ½; the node itself is to be merged after this.</summary>
    internal void AddHalf(double exponent, double third, double fourth)
    {
        double largest = Math.Max(exponent, Nodes[PathGrid.Half].Exponent);
        if (double.IsNegativeInfinity(largest))
        {
            return;
        }

        double factor = double.Exp2(Nodes[PathGrid.Half].Exponent - largest), others = double.Exp2(exponent - largest);
        HalfThird = (factor * HalfThird) + (others * third);
        HalfFourth = (factor * HalfFourth) + (others * fourth);
    }

    private void ShiftHalf(in Moments m, double s)
    {
        HalfFourth += s * ((4 * HalfThird) + (s * ((6 * m.Second) + (s * ((4 * m.First) + (s * m.Weight))))));
        HalfThird += s * ((3 * m.Second) + (s * ((3 * m.First) + (s * m.Weight))));
    }
}

/// <summary>What was met among a row's columns.</summary>
[Flags]
internal enum PartialFlags
{
    None = 0,

    /// <summary>NaN or +∞.</summary>
    Invalid = 1,

    /// <summary>A token that is masked in the target alone.</summary>
    ThetaAlone = 2,

    /// <summary>A token that is masked in the policy alone.</summary>
    TargetAlone = 4,

    /// <summary>The mask leaves the row out.</summary>
    Skipped = 8,

    /// <summary>Scores in f64, whose α is worth more digits.</summary>
    F64 = 16,
}
