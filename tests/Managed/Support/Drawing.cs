using System;

namespace Equipoise.Tests.Support;

/// <summary>A batch to be drawn from, and what came of it.</summary>
internal sealed unsafe class Drawing
{
    public required long[] Tokens { get; init; }

    public required double[] LogQ { get; init; }

    public required double[] LogTheta { get; init; }

    public required double[] LogTarget { get; init; }

    public required double[] LogWeights { get; init; }

    public required double[] LogTargetWeights { get; init; }

    public required double[] Weights { get; init; }

    public required double[] TargetWeights { get; init; }

    public required double[] LogInclusion { get; init; }

    public required double[] Alpha { get; init; }

    public required RowStatus[] Status { get; init; }

    /// <summary>The outputs with a value per draw, by name.</summary>
    public (string Name, double[] Values)[] Draws =>
    [
        ("log_q", LogQ), ("log_theta", LogTheta), ("log_target", LogTarget), ("log_weights", LogWeights),
        ("log_target_weights", LogTargetWeights), ("weights", Weights), ("target_weights", TargetWeights), ("log_inclusion", LogInclusion),
    ];

    /// <summary>What the library draws; <paramref name="rowStream"/> and the problem's row mask are optional.</summary>
    public static Drawing Of(Problem problem, SampleOptions options, ulong[]? rowStream = null)
    {
        using PlacedMatrix theta = problem.PlaceTheta(), target = problem.PlaceTarget();
        int rows = problem.Rows;
        Drawing drawing = Empty(rows, Math.Max(0, options.Count));
        SolveOptions solve = problem.Options;
        if (problem.ThetaLayout.Padding != problem.TargetLayout.Padding || problem.ThetaLayout.Padding > 0)
        {
            solve.ValidColumns = problem.Columns;
        }

        fixed (long* tokens = drawing.Tokens)
        fixed (double* logQ = drawing.LogQ, logTheta = drawing.LogTheta, logTarget = drawing.LogTarget)
        fixed (double* logWeights = drawing.LogWeights, logTargetWeights = drawing.LogTargetWeights, weights = drawing.Weights)
        fixed (double* targetWeights = drawing.TargetWeights, logInclusion = drawing.LogInclusion, alpha = drawing.Alpha)
        fixed (RowStatus* status = drawing.Status)
        fixed (ulong* stream = rowStream)
        fixed (byte* mask = problem.RowMask)
        fixed (double* thetaTemperature = problem.RowTemperatureTheta, targetTemperature = problem.RowTemperatureTarget)
        {
            Samples samples = new()
            {
                StructSize = (nuint)sizeof(Samples),
                Tokens = tokens,
                LogQ = logQ,
                LogTheta = logTheta,
                LogTarget = logTarget,
                LogWeights = logWeights,
                LogTargetWeights = logTargetWeights,
                Weights = weights,
                TargetWeights = targetWeights,
                LogInclusion = logInclusion,
                Alpha = alpha,
                RowStatus = status,
            };
            options.RowStream = stream;
            solve.RowMask = mask;
            solve.RowTemperatureTheta = thetaTemperature;
            solve.RowTemperatureTarget = targetTemperature;
            Sampler.Draw(theta.Matrix, target.Matrix, solve, options, samples);
        }

        return drawing;
    }

    /// <summary>Every output of a row, as numbers that compare bit by bit.</summary>
    public long[] Bits(int row)
    {
        int count = Tokens.Length / Math.Max(1, Alpha.Length);
        long[] bits = new long[(count * (Draws.Length + 1)) + 2];
        int place = 0;
        for (int i = row * count; i < (row + 1) * count; i++)
        {
            bits[place++] = Tokens[i];
            foreach ((_, double[] values) in Draws)
            {
                bits[place++] = BitConverter.DoubleToInt64Bits(values[i]);
            }
        }

        bits[place++] = BitConverter.DoubleToInt64Bits(Alpha[row]);
        bits[place] = (long)Status[row];
        return bits;
    }

    private static Drawing Empty(int rows, long count)
    {
        double[] Room() => new double[rows * count];
        return new Drawing
        {
            Tokens = new long[rows * count],
            LogQ = Room(),
            LogTheta = Room(),
            LogTarget = Room(),
            LogWeights = Room(),
            LogTargetWeights = Room(),
            Weights = Room(),
            TargetWeights = Room(),
            LogInclusion = Room(),
            Alpha = new double[rows],
            Status = new RowStatus[rows],
        };
    }
}
