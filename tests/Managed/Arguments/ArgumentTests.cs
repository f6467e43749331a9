using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Arguments;

/// <summary>Every wrong argument is an ArgumentException whose ParamName is the argument, and nothing has been written.</summary>
public unsafe class ArgumentTests
{
    private const int Rows = 2;
    private const int Columns = 9;

    private delegate void Change(ref Call call);

    private static readonly Dictionary<string, (string Names, Change Change)> Wrong = new()
    {
        ["theta without data"] = ("theta", (ref Call c) => c.Theta.Data = null),
        ["target without data"] = ("target", (ref Call c) => c.Target.Data = null),
        ["theta of an unknown type"] = ("theta", (ref Call c) => c.Theta.DType = (DType)4),
        ["target of an unknown type"] = ("target", (ref Call c) => c.Target.DType = (DType)(-1)),
        ["theta of -1 rows"] = ("theta", (ref Call c) => c.Theta.Rows = -1),
        ["theta of -1 columns"] = ("theta", (ref Call c) => c.Theta.Columns = -1),
        ["target of -1 columns"] = ("target", (ref Call c) => c.Target.Columns = -1),
        ["another number of rows"] = ("target", (ref Call c) => c.Target.Rows = 1),
        ["another width"] = ("target", (ref Call c) => c.Target.Columns = Columns - 1),
        ["theta in groups of -1"] = ("theta", (ref Call c) => c.Theta.GroupRows = -1),
        ["valid columns below 0"] = ("validColumns", (ref Call c) => c.Options.ValidColumns = -1),
        ["more valid columns than there are"] = ("validColumns", (ref Call c) => c.Options.ValidColumns = Columns + 1),
        ["unknown scores"] = ("scores", (ref Call c) => c.Options.Scores = (Scores)3),
        ["unknown criterion"] = ("criterion", (ref Call c) => c.Options.Criterion = (Criterion)17),
        ["unknown method"] = ("method", (ref Call c) => c.Options.Method = (Method)2),
        ["no iterations"] = ("maxIterations", (ref Call c) => c.Options.MaxIterations = 0),
        ["tolerance 0"] = ("tolerance", (ref Call c) => c.Options.Tolerance = 0),
        ["tolerance below 0"] = ("tolerance", (ref Call c) => c.Options.Tolerance = -1e-6),
        ["tolerance NaN"] = ("tolerance", (ref Call c) => c.Options.Tolerance = double.NaN),
        ["alpha below 0"] = ("alpha", (ref Call c) => (c.Options.Criterion, c.Options.Alpha) = (Criterion.FixedAlpha, -0.01)),
        ["alpha above 1"] = ("alpha", (ref Call c) => (c.Options.Criterion, c.Options.Alpha) = (Criterion.FixedAlpha, 1.01)),
        ["alpha NaN"] = ("alpha", (ref Call c) => (c.Options.Criterion, c.Options.Alpha) = (Criterion.FixedAlpha, double.NaN)),
        ["a row's alpha above 1"] = ("rowAlpha", (ref Call c) => { c.Options.Criterion = Criterion.FixedAlpha; c.Options.RowAlpha = c.Numbers(0, 1.1); }
        ),
        ["weight below 0"] = ("weightTheta", (ref Call c) => (c.Options.Criterion, c.Options.WeightTheta) = (Criterion.WeightedKl, -1)),
        ["weight infinite"] = ("weightTarget", (ref Call c) => (c.Options.Criterion, c.Options.WeightTarget) = (Criterion.WeightedKl, double.PositiveInfinity)),
        ["weights 0"] = ("weightTheta", (ref Call c) => (c.Options.Criterion, c.Options.WeightTheta, c.Options.WeightTarget) = (Criterion.WeightedKl, 0, 0)),
        ["a row's weight NaN"] = ("rowWeightTarget", (ref Call c) => { c.Options.Criterion = Criterion.WeightedKl; c.Options.RowWeightTarget = c.Numbers(1, double.NaN); }
        ),
        ["a row's weights 0"] = ("weightTheta", (ref Call c) => { c.Options.Criterion = Criterion.WeightedKl; c.Options.WeightTheta = 0; c.Options.RowWeightTarget = c.Numbers(1, 0); }
        ),
        ["budget below 0"] = ("budget", (ref Call c) => (c.Options.Criterion, c.Options.Budget) = (Criterion.KlBudget, -1e-9)),
        ["budget NaN"] = ("budget", (ref Call c) => (c.Options.Criterion, c.Options.Budget) = (Criterion.KlBudget, double.NaN)),
        ["a row's budget below 0"] = ("rowBudget", (ref Call c) => { c.Options.Criterion = Criterion.KlBudget; c.Options.RowBudget = c.Numbers(-1, 1); }
        ),
        ["floor 0"] = ("floor", (ref Call c) => (c.Options.Criterion, c.Options.Floor) = (Criterion.EssFloor, 0)),
        ["floor above 1"] = ("floor", (ref Call c) => (c.Options.Criterion, c.Options.Floor) = (Criterion.EssFloor, 1.01)),
        ["a row's floor above 1"] = ("rowFloor", (ref Call c) => { c.Options.Criterion = Criterion.EssFloor; c.Options.RowFloor = c.Numbers(0.5, 2); }
        ),
        ["epsilon with a budget"] = ("probabilityEpsilon", (ref Call c) =>
            (c.Options.Criterion, c.Options.Scores, c.Options.Method, c.Options.ProbabilityEpsilon) = (Criterion.KlBudget, Scores.Probs, Method.Bisection, 1e-10)),
        ["temperature 0"] = ("temperatureTheta", (ref Call c) => c.Options.TemperatureTheta = 0),
        ["temperature below 0"] = ("temperatureTarget", (ref Call c) => c.Options.TemperatureTarget = -1),
        ["temperature NaN"] = ("temperatureTarget", (ref Call c) => c.Options.TemperatureTarget = double.NaN),
        ["temperature infinite"] = ("temperatureTheta", (ref Call c) => c.Options.TemperatureTheta = double.PositiveInfinity),
        ["a row's temperature 0"] = ("rowTemperatureTheta", (ref Call c) => c.Options.RowTemperatureTheta = c.Numbers(1, 0)),
        ["a row's temperature NaN"] = ("rowTemperatureTarget", (ref Call c) => c.Options.RowTemperatureTarget = c.Numbers(double.NaN, 1)),
        ["threads below 0"] = ("threads", (ref Call c) => c.Options.Threads = -1),
        ["epsilon below 0"] = ("probabilityEpsilon", (ref Call c) => c.Options.ProbabilityEpsilon = -1e-10),
        ["epsilon NaN"] = ("probabilityEpsilon", (ref Call c) => c.Options.ProbabilityEpsilon = double.NaN),
        ["q without data"] = ("q", (ref Call c) => c.Q.Data = null),
        ["q of an unknown type"] = ("q", (ref Call c) => c.Q.DType = (DType)9),
        ["q of fewer rows"] = ("q", (ref Call c) => c.Q.Rows = 1),
        ["q of another width"] = ("q", (ref Call c) => c.Q.Columns = Columns - 1),
        ["log q without data"] = ("logQ", (ref Call c) => c.LogQ.Data = null),
        ["log q of fewer rows"] = ("logQ", (ref Call c) => c.LogQ.Rows = 1),
        ["log q of another width"] = ("logQ", (ref Call c) => c.LogQ.Columns = Columns - 1),
    };

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_named(string name)
    {
        using Call call = new();
        Call changed = call;
        Wrong[name].Change(ref changed);
        Exception? thrown = changed.Solve();
        ArgumentException argument = Assert.IsAssignableFrom<ArgumentException>(thrown);
        Assert.Equal(Wrong[name].Names, Words(argument.ParamName), ignoreCase: true);
        Assert.True(call.Untouched(), "an output was written");
    }

    [Fact]
    public void Unlike_widths_are_both_told()
    {
        using Call call = new();
        Call changed = call;
        changed.Target.Columns = Columns - 2;
        ArgumentException thrown = Assert.IsAssignableFrom<ArgumentException>(changed.Solve());
        Assert.Contains($"{Columns}", thrown.Message, StringComparison.Ordinal);
        Assert.Contains($"{Columns - 2}", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Right_arguments_are_no_error()
    {
        using Call call = new();
        Assert.Null(call.Solve());
        Assert.False(call.Untouched());
    }

    /// <summary>"options.Max_Iterations" and "maxIterations" are one name.</summary>
    private static string Words(string? name) => string.Concat((name ?? "").Split('.').Last().Split('_'));

    /// <summary>A right call, to be made wrong.</summary>
    private struct Call : IDisposable
    {
        public Matrix Theta, Target, Q, LogQ;
        public SolveOptions Options = SolveOptions.Default with { Threads = 1 };
        private readonly GuardedBuffer inputs = new(2 * Rows * Columns * sizeof(float), Edge.End);
        private readonly GuardedBuffer outputs = new(2 * Rows * Columns * sizeof(float), Edge.End);
        private readonly GuardedBuffer alphas = new(Rows * sizeof(double), Edge.End);
        private readonly GuardedBuffer numbers = new(Rows * sizeof(double), Edge.End);

        public Call()
        {
            float* scores = (float*)inputs.Data, mass = (float*)outputs.Data;
            for (int i = 0; i < 2 * Rows * Columns; i++)
            {
                scores[i] = (i * 7 % 11) - 5;
            }

            Theta = new Matrix(scores, DType.F32, Rows, Columns);
            Target = new Matrix(scores + (Rows * Columns), DType.F32, Rows, Columns);
            Q = new Matrix(mass, DType.F32, Rows, Columns);
            LogQ = new Matrix(mass + (Rows * Columns), DType.F32, Rows, Columns);
        }

        public readonly bool Untouched() => outputs.Span.IndexOfAnyExcept((byte)0xFF) < 0 && alphas.Span.IndexOfAnyExcept((byte)0xFF) < 0;

        public readonly double* Numbers(double first, double second)
        {
            double* two = (double*)numbers.Data;
            (two[0], two[1]) = (first, second);
            return two;
        }

        public readonly Exception? Solve()
        {
            Matrix q = Q, logQ = LogQ;
            Solution solution = new() { StructSize = (nuint)sizeof(Solution), Alpha = (double*)alphas.Data, Q = &q, LogQ = &logQ };
            try
            {
                Equilibrium.Solve(Theta, Target, Options, solution);
                return null;
            }
            catch (Exception thrown) when (thrown is not NullReferenceException)
            {
                return thrown;
            }
        }

        public readonly void Dispose()
        {
            inputs.Dispose();
            outputs.Dispose();
            alphas.Dispose();
            numbers.Dispose();
        }
    }
}
