using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.AlongPath;

/// <summary>Statistics along the path against the definitions, for every element type, and wrong arguments by name.</summary>
public unsafe class PathStatisticsTests
{
    private const int Count = 5;

    private static readonly double[] Grid = [0, 0.125, 0.5, 0.8, 1];

    public static TheoryData<DType> Types => [.. Codec.All];

    private delegate void Change(ref Matrix theta, ref SolveOptions options, ref PathOutputs outputs, double* alphas, ref long count, ref long stride);

    [Theory]
    [MemberData(nameof(Types))]
    public void Are_those_of_the_definitions(DType dtype) => RowPair.ForAll(80, 91, pair =>
    {
        (double[] a, double[] b) = pair.Rows();
        Problem problem = new Problem(a, b).As(dtype).With(o => o with { Criterion = Criterion.FixedAlpha });
        Reference any = problem.Expected(0);
        using Table table = new(problem, Grid);
        Assert.Null(table.Compute());
        for (int i = 0; i < Count; i++)
        {
            RowStatus status = (RowStatus)table.Status[i];
            Assert.Equal(any.Status, status);
            if (!any.Solved)
            {
                continue;
            }

            Reference at = any.At(Grid[i]);
            Bounds bounds = new(at, Codec.Roundoff(DType.F64), 0, fixedAlpha: true);
            double wide = bounds.Kl + 1e-13;
            Check.Near("log_z", table[0, i], at.LogZ, wide);
            Check.Near("kl_theta", table[1, i], at.KlTheta, wide);
            Check.Near("kl_target", table[2, i], at.KlTarget, wide);
            Check.Near("ess_theta", table[3, i], at.EssTheta, bounds.Ess(at.EssTheta, 2 - Grid[i]) + 1e-13);
            Check.Near("ess_target", table[4, i], at.EssTarget, bounds.Ess(at.EssTarget, -Grid[i]) + 1e-13);
            Check.Near("entropy", table[5, i], Entropy(at), (1 + Entropy(at)) * 1e-12 + wide);
            Check.Near("variance", table[6, i], at.Variance, 1e-13 * (1 + Spread(at)));
            Problem point = problem.With(o => o with { Alpha = Grid[i] });
            double rounding = Codec.Roundoff(dtype) + (a.Length * Codec.SmallestNormal(dtype));
            Check.Near("q", Check.TotalVariation(table.Q(i), at.Q), 0, Check.Around(at, point).TotalVariation + rounding);
        }
    });

    [Fact]
    public void Wrong_arguments_are_named_and_nothing_is_written()
    {
        foreach ((string name, Change change) in new (string, Change)[]
        {
            ("alphas", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => a[2] = 1.5),
            ("alphas", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => a[0] = double.NaN),
            ("count", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => n = -1),
            ("count", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => n = 1 << 20),
            ("alpha_stride", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => s = Count - 1),
            ("scores", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => o.Scores = (Scores)7),
            ("threads", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => o.Threads = -1),
            ("temperature_theta", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => o.TemperatureTheta = 0),
            ("probability_epsilon", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => o.ProbabilityEpsilon = 0.1),
            ("valid_columns", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => o.ValidColumns = 99),
            ("theta", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => t.Data = null),
            ("q", (ref Matrix t, ref SolveOptions o, ref PathOutputs p, double* a, ref long n, ref long s) => p.Q->Rows = 1),
        })
        {
            using Table table = new(new Problem(RowMaker.Coarse(1, 9), RowMaker.Coarse(2, 9)), Grid);
            ArgumentException thrown = Assert.IsAssignableFrom<ArgumentException>(table.Compute(change));
            Assert.Equal(name, thrown.ParamName);
            Assert.True(table.IsUntouched(), $"{name}: an output was written");
        }
    }

    private static double Entropy(Reference at)
    {
        Sum sum = default;
        for (int i = 0; i < at.Q.Length; i++)
        {
            sum.Add(at.Q[i] > 0 ? -at.Q[i] * at.LogQ[i] : 0);
        }

        return sum.Value;
    }

    /// <summary>The square of the largest log-ratio below the tops, in whose rounding a variance is lost.</summary>
    private static double Spread(Reference at)
    {
        double largest = 0;
        for (int i = 0; i < at.Q.Length; i++)
        {
            largest = at.Q[i] > 0 ? Math.Max(largest, Math.Abs(at.Target.Below[i] - at.Theta.Below[i])) : largest;
        }

        return largest * largest;
    }

    /// <summary>One row's statistics in buffers that end at guard pages.</summary>
    private sealed class Table(Problem problem, double[] grid) : IDisposable
    {
        private readonly GuardedBuffer numbers = new(7 * grid.Length * sizeof(double), Edge.End);
        private readonly GuardedBuffer statuses = new(grid.Length * sizeof(int), Edge.End);
        private readonly GuardedBuffer alphas = new(grid.Length * sizeof(double), Edge.End);
        private readonly PlacedMatrix q = new(grid.Length, problem.Columns, problem.QType, problem.QLayout);
        private readonly PlacedMatrix theta = Place(problem.Theta, problem.ThetaType), target = Place(problem.Target, problem.TargetType);

        public ReadOnlySpan<int> Status => new(statuses.Data, grid.Length);

        public double this[int statistic, int point] => ((double*)numbers.Data)[(statistic * grid.Length) + point];

        public double[] Q(int point) => q.Row(point);

        public bool IsUntouched() => numbers.Span.IndexOfAnyExcept((byte)0xFF) < 0 && statuses.Span.IndexOfAnyExcept((byte)0xFF) < 0;

        public Exception? Compute(Change? change = null)
        {
            double* to = (double*)numbers.Data;
            long count = grid.Length, stride = 0, n = count;
            grid.CopyTo(new Span<double>(alphas.Data, grid.Length));
            Matrix qMatrix = q.Matrix, thetaMatrix = theta.Matrix, targetMatrix = target.Matrix;
            SolveOptions options = problem.Options;
            PathOutputs outputs = new()
            {
                StructSize = (nuint)sizeof(PathOutputs),
                LogZ = to,
                KlTheta = to + n,
                KlTarget = to + (2 * n),
                EssTheta = to + (3 * n),
                EssTarget = to + (4 * n),
                Entropy = to + (5 * n),
                Variance = to + (6 * n),
                Q = &qMatrix,
                RowStatus = (RowStatus*)statuses.Data,
            };
            change?.Invoke(ref thetaMatrix, ref options, ref outputs, (double*)alphas.Data, ref count, ref stride);
            try
            {
                PathStatistics.Compute(thetaMatrix, targetMatrix, (double*)alphas.Data, count, stride, options, outputs);
                return null;
            }
            catch (ArgumentException error)
            {
                return error;
            }
        }

        public void Dispose()
        {
            numbers.Dispose();
            statuses.Dispose();
            alphas.Dispose();
            q.Dispose();
            theta.Dispose();
            target.Dispose();
        }

        private static PlacedMatrix Place(double[][] rows, DType dtype)
        {
            PlacedMatrix matrix = new(rows.Length, rows[0].Length, dtype, default);
            for (int i = 0; i < rows.Length; i++)
            {
                matrix.Fill(i, rows[i]);
            }

            return matrix;
        }
    }
}
