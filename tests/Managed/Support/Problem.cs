using System;
using Equipoise.Devices;

namespace Equipoise.Tests.Support;

/// <summary>Outputs of a solve.</summary>
[Flags]
internal enum Wanted
{
    Alpha = 1,
    Q = 2,
    LogQ = 4,
    LogZ = 8,
    KlTheta = 16,
    KlTarget = 32,
    EssTheta = 64,
    EssTarget = 128,
    Residual = 256,
    Iterations = 512,
    Status = 1024,
    All = 2047,
}

/// <summary>A batch to be solved: rows of f64 numbers, and how they are to be stored and asked for.</summary>
internal sealed unsafe record Problem(double[][] Theta, double[][] Target)
{
    /// <summary>One row.</summary>
    public Problem(double[] theta, double[] target)
        : this([theta], [target])
    {
    }

    public DType ThetaType { get; init; } = DType.F32;

    public DType TargetType { get; init; } = DType.F32;

    public DType QType { get; init; } = DType.F32;

    public DType LogQType { get; init; } = DType.F32;

    public Layout ThetaLayout { get; init; }

    public Layout TargetLayout { get; init; }

    public Layout QLayout { get; init; }

    public Layout LogQLayout { get; init; }

    public SolveOptions Options { get; init; } = SolveOptions.Default with { Threads = 1 };

    public double[]? RowTemperatureTheta { get; init; }

    public double[]? RowTemperatureTarget { get; init; }

    public byte[]? RowMask { get; init; }

    public Wanted Wanted { get; init; } = Wanted.All;

    public int Rows => Theta.Length;

    public int Columns => Rows == 0 ? 3 : Theta[0].Length;

    /// <summary>The same, every matrix in one element type; log q in f32 for the half types, whose spacing would hide everything.</summary>
    public Problem As(DType dtype) => this with
    {
        ThetaType = dtype,
        TargetType = dtype,
        QType = dtype,
        LogQType = dtype == DType.F64 ? DType.F64 : DType.F32,
    };

    /// <summary>The same with other options.</summary>
    public Problem With(Func<SolveOptions, SolveOptions> change) => this with { Options = change(Options) };

    /// <summary>Row <paramref name="row"/> as the library sees it, rounded to its element type: the reference's inputs.</summary>
    public (double[] Theta, double[] Target) Seen(int row) =>
        (Array.ConvertAll(Theta[row], v => Codec.Round(v, ThetaType)), Array.ConvertAll(Target[row], v => Codec.Round(v, TargetType)));

    /// <summary>The reference's answer for a row.</summary>
    public Reference Expected(int row)
    {
        (double[] a, double[] b) = Seen(row);
        double thetaTemperature = RowTemperatureTheta?[row] ?? Options.TemperatureTheta;
        double targetTemperature = RowTemperatureTarget?[row] ?? Options.TemperatureTarget;
        return Reference.Of(a, b, Options, thetaTemperature, targetTemperature);
    }

    /// <summary>What the library answers.</summary>
    public Answer Solve() => Solve(Solver.Device);

    /// <summary>What a device answers, or null, the CPU.</summary>
    public Answer Solve(EquilibriumDevice? device)
    {
        using PlacedMatrix theta = PlaceTheta(), target = PlaceTarget();
        Layout qLayout = QLayout with { Padding = ThetaLayout.Padding }, logQLayout = LogQLayout with { Padding = ThetaLayout.Padding };
        PlacedMatrix q = new(Rows, Columns, QType, qLayout), logQ = new(Rows, Columns, LogQType, logQLayout);
        Answer answer = new(Rows, q, logQ);
        SolveOptions options = Options;
        if (ThetaLayout.Padding != TargetLayout.Padding || ThetaLayout.Padding > 0)
        {
            options.ValidColumns = Columns;
        }

        using GuardedBuffer thetaTemperatures = Temperatures(RowTemperatureTheta), targetTemperatures = Temperatures(RowTemperatureTarget);
        using GuardedBuffer mask = new(RowMask?.Length ?? 0, Edge.End);
        RowMask?.CopyTo(mask.Span);
        options.RowTemperatureTheta = RowTemperatureTheta == null ? null : (double*)thetaTemperatures.Data;
        options.RowTemperatureTarget = RowTemperatureTarget == null ? null : (double*)targetTemperatures.Data;
        options.RowMask = RowMask == null ? null : mask.Data;
        answer.Solve(theta.Matrix, target.Matrix, options, Wanted, device);
        return answer;
    }

    /// <summary>The policy's rows in memory.</summary>
    public PlacedMatrix PlaceTheta() => Place(Theta, ThetaType, ThetaLayout);

    /// <summary>The target's rows in memory.</summary>
    public PlacedMatrix PlaceTarget() => Place(Target, TargetType, TargetLayout);

    private static GuardedBuffer Temperatures(double[]? values)
    {
        GuardedBuffer buffer = new((values?.Length ?? 0) * sizeof(double), Edge.End);
        values?.CopyTo(new Span<double>(buffer.Data, values.Length));
        return buffer;
    }

    private PlacedMatrix Place(double[][] rows, DType dtype, Layout layout)
    {
        PlacedMatrix matrix = new(rows.Length, Columns, dtype, layout);
        for (int i = 0; i < rows.Length; i++)
        {
            matrix.Fill(i, rows[i]);
        }

        return matrix;
    }
}
