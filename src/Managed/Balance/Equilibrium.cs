using System;

namespace Equipoise;

/// <summary>Interim scalar implementation, replaced by the vector passes.</summary>
public static unsafe class Equilibrium
{
    /// <summary>Solves every row.</summary>
    public static void Solve(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution)
    {
        if (theta.Columns != target.Columns && options.ValidColumns == 0)
        {
            throw new ArgumentException($"theta has {theta.Columns} columns and target {target.Columns}: give valid_columns", nameof(target));
        }

        int n = (int)(options.ValidColumns == 0 ? theta.Columns : options.ValidColumns);
        double[] a = new double[n], b = new double[n], w = new double[n];
        for (long row = 0; row < theta.Rows; row++)
        {
            Load(theta, row, a, options.Scores);
            Load(target, row, b, options.Scores);
            double la = Lse(a), lb = Lse(b);
            double alpha = options.Alpha, logZ = 0, mean = 0;
            if (options.Criterion == Criterion.KlSymmetry)
            {
                double lo = 0, hi = 1;
                for (int i = 0; i < 60; i++)
                {
                    alpha = (lo + hi) / 2;
                    (mean, logZ) = Evaluate(a, b, la, lb, alpha, w);
                    if (mean > 0) { lo = alpha; } else { hi = alpha; }
                }
            }

            (mean, logZ) = Evaluate(a, b, la, lb, alpha, w);
            if (solution.Alpha != null) { solution.Alpha[row] = alpha; }
            if (solution.LogZ != null) { solution.LogZ[row] = logZ; }
            if (solution.KlTheta != null) { solution.KlTheta[row] = ((1 - alpha) * mean) - logZ; }
            if (solution.KlTarget != null) { solution.KlTarget[row] = (-alpha * mean) - logZ; }
            if (solution.Residual != null) { solution.Residual[row] = Math.Abs(mean); }
            if (solution.Iterations != null) { solution.Iterations[row] = 2; }
            if (solution.RowStatus != null) { solution.RowStatus[row] = RowStatus.Ok; }
            if (solution.EssTheta != null || solution.EssTarget != null)
            {
                double st = 0, ss = 0;
                for (int i = 0; i < n; i++)
                {
                    st += w[i] > 0 ? Math.Exp((2 * (a[i] - la)) - Math.Log(w[i])) : 0;
                    ss += w[i] > 0 ? Math.Exp((2 * (b[i] - lb)) - Math.Log(w[i])) : 0;
                }

                if (solution.EssTheta != null) { solution.EssTheta[row] = 1 / st; }
                if (solution.EssTarget != null) { solution.EssTarget[row] = 1 / ss; }
            }

            if (solution.Q != null) { Store(*solution.Q, row, w, n, 0, false); }
            if (solution.LogQ != null) { Store(*solution.LogQ, row, w, n, double.NegativeInfinity, true); }
        }
    }

    private static long Base(in Matrix m, long row)
    {
        long stride = m.RowStride == 0 ? m.Columns : m.RowStride;
        return m.GroupRows == 0 ? row * stride : (row / m.GroupRows * m.GroupStride) + (row % m.GroupRows * stride);
    }

    private static void Load(in Matrix m, long row, double[] x, Scores scores)
    {
        long start = Base(m, row);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = m.DType switch
            {
                DType.F32 => ((float*)m.Data)[start + i],
                DType.F64 => ((double*)m.Data)[start + i],
                DType.F16 => (double)((Half*)m.Data)[start + i],
                _ => BitConverter.Int32BitsToSingle(((ushort*)m.Data)[start + i] << 16),
            };
            if (scores == Scores.Probs) { x[i] = Math.Log(x[i]); }
        }
    }

    private static void Store(in Matrix m, long row, double[] w, int n, double pad, bool log)
    {
        long start = Base(m, row);
        for (int i = 0; i < m.Columns; i++)
        {
            double v = i < n ? (log ? Math.Log(w[i]) : w[i]) : pad;
            switch (m.DType)
            {
                case DType.F32: ((float*)m.Data)[start + i] = (float)v; break;
                case DType.F64: ((double*)m.Data)[start + i] = v; break;
                case DType.F16: ((Half*)m.Data)[start + i] = (Half)v; break;
                default: ((ushort*)m.Data)[start + i] = (ushort)((BitConverter.SingleToInt32Bits((float)v) + 0x7fff) >> 16); break;
            }
        }
    }

    private static double Lse(double[] x)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double v in x) { max = Math.Max(max, v); }
        foreach (double v in x) { sum += Math.Exp(v - max); }
        return max + Math.Log(sum);
    }

    private static (double Mean, double LogZ) Evaluate(double[] a, double[] b, double la, double lb, double alpha, double[] w)
    {
        double sum = 0, mean = 0;
        for (int i = 0; i < w.Length; i++)
        {
            double x = a[i] - la, y = b[i] - lb;
            bool common = x > double.NegativeInfinity && y > double.NegativeInfinity;
            w[i] = common ? Math.Exp((alpha * x) + ((1 - alpha) * y)) : 0;
            sum += w[i];
            mean += common ? w[i] * (y - x) : 0;
        }

        for (int i = 0; i < w.Length; i++) { w[i] /= sum; }
        return (mean / sum, Math.Log(sum));
    }
}
