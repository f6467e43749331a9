using System;

namespace Equipoise.Tests.Support;

/// <summary>The right answer for one row, straight from the definitions: f64, one token after the other, bisection down to neighbouring
/// numbers. Slow, and shares nothing with the library.</summary>
internal sealed class Reference
{
    private readonly Distribution theta;
    private readonly Distribution target;

    private Reference(Distribution theta, Distribution target, double alpha, RowStatus status)
    {
        (this.theta, this.target, Alpha, Status) = (theta, target, alpha, status);
        LogZ = Identical() ? 0 : LogSum(alpha);
        Mean = Identical() ? 0 : Expect(alpha, t => Ratio(t));
        Variance = Expect(alpha, t => (Ratio(t) - Mean) * (Ratio(t) - Mean));
        LogQ = new double[theta.Below.Length];
        Q = new double[theta.Below.Length];
        for (int i = 0; i < Q.Length; i++)
        {
            LogQ[i] = Common(i) ? LogWeight(i, alpha) - LogZ : double.NegativeInfinity;
            Q[i] = Math.Exp(LogQ[i]);
        }
    }

    private Reference(RowStatus status, int columns)
    {
        (theta, target, Status) = (null!, null!, status);
        bool invalid = status == RowStatus.Invalid;
        Alpha = Mean = Variance = double.NaN;
        LogZ = invalid ? double.NaN : double.NegativeInfinity;
        Q = new double[columns];
        LogQ = new double[columns];
        Array.Fill(Q, invalid ? double.NaN : 0);
        Array.Fill(LogQ, LogZ);
    }

    public RowStatus Status { get; }

    public double Alpha { get; }

    public double LogZ { get; }

    /// <summary>Δ(α) = E_q[log π_t − log π_θ].</summary>
    public double Mean { get; }

    /// <summary>Var_q[log π_t − log π_θ].</summary>
    public double Variance { get; }

    public double[] Q { get; }

    public double[] LogQ { get; }

    /// <summary>Whether the row has a point on the path.</summary>
    public bool Solved => theta != null;

    public double KlTheta => Solved ? Math.Max(0, ((1 - Alpha) * Mean) - LogZ) : -LogZ;

    public double KlTarget => Solved ? Math.Max(0, (-Alpha * Mean) - LogZ) : -LogZ;

    public double EssTheta => Ess(theta, 2 - Alpha);

    public double EssTarget => Ess(target, -Alpha);

    /// <summary>The policies.</summary>
    public Distribution Theta => theta;

    /// <inheritdoc cref="Theta"/>
    public Distribution Target => target;

    /// <summary>The answer for one row.</summary>
    public static Reference Of(double[] a, double[] b, SolveOptions options, double thetaTemperature, double targetTemperature)
    {
        Distribution? theta = Distribution.Of(a, options.Scores, thetaTemperature);
        Distribution? target = Distribution.Of(b, options.Scores, targetTemperature);
        if (theta == null || target == null)
        {
            return new Reference(RowStatus.Invalid, a.Length);
        }

        Reference start = new(theta, target, options.Alpha, RowStatus.Ok);
        if (double.IsNegativeInfinity(start.LogZ))
        {
            return new Reference(RowStatus.Disjoint, a.Length);
        }

        return options.Criterion == Criterion.FixedAlpha ? start : start.Chernoff();
    }

    /// <summary>The answer for one row of logits at temperature 1.</summary>
    public static Reference Of(double[] a, double[] b) => Of(a, b, SolveOptions.Default, 1, 1);

    /// <summary>The same row at another point of the path.</summary>
    public Reference At(double alpha) => new(theta, target, alpha, Status);

    /// <summary>log π_t − log π_θ of a common token.</summary>
    public double Ratio(int token) => target.Below[token] - theta.Below[token] - (target.LogMass - theta.LogMass);

    /// <summary>Whether both policies give the token mass.</summary>
    public bool Common(int token) => !theta.Masked[token] && !target.Masked[token];

    /// <summary>Whether the two are one distribution.</summary>
    public bool Identical()
    {
        for (int i = 0; i < theta.Below.Length; i++)
        {
            if (theta.Below[i] != target.Below[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The expectation of <paramref name="f"/> at a point of the path; <paramref name="alpha"/> may lie outside [0, 1].</summary>
    public double Expect(double alpha, Func<int, double> f)
    {
        double logSum = LogSum(alpha);
        Sum sum = default, mass = default;
        for (int i = 0; i < theta.Below.Length; i++)
        {
            if (Common(i))
            {
                double weight = Math.Exp(LogWeight(i, alpha) - logSum);
                sum.Add(weight * f(i));
                mass.Add(weight);
            }
        }

        return sum.Value / mass.Value;
    }

    private Reference Chernoff()
    {
        if (Identical())
        {
            return new Reference(theta, target, 0.5, RowStatus.Identical);
        }

        bool sameSupport = theta.Masked.AsSpan().SequenceEqual(target.Masked);
        if (!sameSupport && Expect(0, Ratio) <= 0)
        {
            return new Reference(theta, target, 0, RowStatus.AtTarget);
        }

        if (!sameSupport && Expect(1, Ratio) >= 0)
        {
            return new Reference(theta, target, 1, RowStatus.AtTheta);
        }

        double low = 0, high = 1;
        while (high - low > 1e-15)
        {
            double middle = (low + high) / 2;
            (low, high) = Expect(middle, Ratio) > 0 ? (middle, high) : (low, middle);
        }

        return new Reference(theta, target, (low + high) / 2, RowStatus.Ok);
    }

    private double LogWeight(int token, double alpha) =>
        (alpha * theta.Below[token]) + ((1 - alpha) * target.Below[token]) - (alpha * theta.LogMass) - ((1 - alpha) * target.LogMass);

    private double LogSum(double alpha)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < theta.Below.Length; i++)
        {
            largest = Common(i) ? Math.Max(largest, LogWeight(i, alpha)) : largest;
        }

        if (double.IsNegativeInfinity(largest))
        {
            return largest;
        }

        Sum sum = default;
        for (int i = 0; i < theta.Below.Length; i++)
        {
            sum.Add(Common(i) ? Math.Exp(LogWeight(i, alpha) - largest) : 0);
        }

        return largest + Math.Log(sum.Value);
    }

    private double Ess(Distribution policy, double reflected)
    {
        if (!Solved)
        {
            return Status == RowStatus.Invalid ? double.NaN : 0;
        }

        for (int i = 0; i < Q.Length; i++)
        {
            if (!Common(i) && !policy.Masked[i])
            {
                return 0;
            }
        }

        return Identical() ? 1 : Math.Min(1, Math.Exp(-LogZ - LogSum(reflected)));
    }
}
