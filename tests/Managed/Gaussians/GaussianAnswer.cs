using System;
using System.Linq;
using Equipoise.Tests.Support;

namespace Equipoise.Tests.Gaussians;

/// <summary>Rows of two Gaussians, solved; every output in a buffer that ends at a guard page.</summary>
internal sealed unsafe class GaussianAnswer : IDisposable
{
    private readonly PlacedMatrix[] inputs;
    private readonly GuardedBuffer[] numbers;
    private readonly GuardedBuffer iterations;
    private readonly GuardedBuffer status;
    private readonly int rows;

    /// <summary>Solves rows[row]: mean and covariance of the policy, then of the target.</summary>
    public GaussianAnswer(double[][][] rows, DType dtype = DType.F64, Func<SolveGaussianOptions, SolveGaussianOptions>? change = null, Layout layout = default)
    {
        this.rows = rows.Length;
        inputs = [.. Enumerable.Range(0, 4).Select(i => new PlacedMatrix(rows.Length, rows[0][i].Length, dtype, layout))];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < 4; i++)
            {
                inputs[i].Fill(row, rows[row][i]);
            }
        }

        int[] widths = [1, rows[0][0].Length, rows[0][1].Length, 1, 1, 1, 1, 1, 1];
        numbers = [.. widths.Select(width => new GuardedBuffer(rows.Length * width * 8, Edge.End))];
        (iterations, status) = (new GuardedBuffer(rows.Length * 4, Edge.End), new GuardedBuffer(rows.Length * 4, Edge.End));
        GaussianSolution solution = new()
        {
            StructSize = (nuint)sizeof(GaussianSolution),
            Alpha = (double*)numbers[0].Data,
            Mean = (double*)numbers[1].Data,
            Cov = (double*)numbers[2].Data,
            LogZ = (double*)numbers[3].Data,
            KlTheta = (double*)numbers[4].Data,
            KlTarget = (double*)numbers[5].Data,
            EssTheta = (double*)numbers[6].Data,
            EssTarget = (double*)numbers[7].Data,
            Residual = (double*)numbers[8].Data,
            Iterations = (int*)iterations.Data,
            RowStatus = (RowStatus*)status.Data,
        };
        SolveGaussianOptions options = SolveGaussianOptions.Default with { Threads = 1 };
        Equipoise.Gaussians.Solve(
            inputs[0].Matrix, inputs[1].Matrix, inputs[2].Matrix, inputs[3].Matrix, change == null ? options : change(options), solution);
    }

    public double[] Alpha(int row) => Row(0, row);

    public double[] Mean(int row) => Row(1, row);

    public double[] Cov(int row) => Row(2, row);

    public double[] LogZ(int row) => Row(3, row);

    public double[] KlTheta(int row) => Row(4, row);

    public double[] KlTarget(int row) => Row(5, row);

    public double[] EssTheta(int row) => Row(6, row);

    public double[] EssTarget(int row) => Row(7, row);

    public double[] Residual(int row) => Row(8, row);

    public int Iterations(int row) => ((int*)iterations.Data)[row];

    public RowStatus Status(int row) => ((RowStatus*)status.Data)[row];

    /// <summary>All numbers of a row, one after the other.</summary>
    public double[] All(int row) => [.. Enumerable.Range(0, numbers.Length).SelectMany(i => Row(i, row))];

    public void Dispose()
    {
        foreach (IDisposable buffer in inputs.Cast<IDisposable>().Concat(numbers).Concat([iterations, status]))
        {
            buffer.Dispose();
        }
    }

    private double[] Row(int output, int row)
    {
        int width = (int)(numbers[output].Bytes / 8 / rows);
        return new Span<double>((double*)numbers[output].Data + (row * width), width).ToArray();
    }
}
