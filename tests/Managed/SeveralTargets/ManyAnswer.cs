using System;
using System.Linq;
using Equipoise.Tests.Support;

namespace Equipoise.Tests.SeveralTargets;

/// <summary>Rows of several policies, solved; every output in a buffer that ends at a guard page.</summary>
internal sealed unsafe class ManyAnswer : IDisposable
{
    private readonly PlacedMatrix[] policies;
    private readonly PlacedMatrix? cost;
    private readonly PlacedMatrix q;
    private readonly PlacedMatrix logQ;
    private readonly GuardedBuffer beta;
    private readonly GuardedBuffer kl;
    private readonly GuardedBuffer logZ;
    private readonly GuardedBuffer residual;
    private readonly GuardedBuffer iterations;
    private readonly GuardedBuffer status;

    /// <summary>Solves rows[row][policy], each of one policy's scores.</summary>
    public ManyAnswer(
        double[][][] rows, DType dtype = DType.F64, Func<SolveManyOptions, SolveManyOptions>? change = null, double[][]? costs = null,
        Layout layout = default, DType? output = null)
    {
        Count = rows[0].Length;
        int columns = rows[0][0].Length;
        policies = [.. Enumerable.Range(0, Count).Select(_ => new PlacedMatrix(rows.Length, columns, dtype, layout))];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < Count; i++)
            {
                policies[i].Fill(row, rows[row][i]);
            }
        }

        q = new PlacedMatrix(rows.Length, columns, output ?? DType.F64, layout);
        logQ = new PlacedMatrix(rows.Length, columns, output ?? DType.F64, layout);
        (beta, kl) = (Buffer(rows.Length * Count, 8), Buffer(rows.Length * Count, 8));
        (logZ, residual, iterations, status) = (Buffer(rows.Length, 8), Buffer(rows.Length, 8), Buffer(rows.Length, 4), Buffer(rows.Length, 4));
        if (costs != null)
        {
            cost = new PlacedMatrix(costs.Length, columns, DType.F64, default);
            for (int row = 0; row < costs.Length; row++)
            {
                cost.Fill(row, costs[row]);
            }
        }

        Solve(change ?? (options => options), columns);
    }

    public int Count { get; }

    public double[] Beta(int row) => Doubles(beta, row * Count, Count);

    public double[] Kl(int row) => Doubles(kl, row * Count, Count);

    public double[] Q(int row) => q.Row(row);

    public double[] LogQ(int row) => logQ.Row(row);

    public double LogZ(int row) => Doubles(logZ, row, 1)[0];

    public double Residual(int row) => Doubles(residual, row, 1)[0];

    public int Iterations(int row) => ((int*)iterations.Data)[row];

    public RowStatus Status(int row) => ((RowStatus*)status.Data)[row];

    /// <summary>All outputs of a row: equal only if the rows are the same to the last bit.</summary>
    public byte[] Bits(int row) =>
    [
        .. beta.Span.Slice(row * Count * 8, Count * 8), .. kl.Span.Slice(row * Count * 8, Count * 8), .. logZ.Span.Slice(row * 8, 8),
        .. residual.Span.Slice(row * 8, 8), .. iterations.Span.Slice(row * 4, 4), .. status.Span.Slice(row * 4, 4), .. q.Bytes(row), .. logQ.Bytes(row),
    ];

    /// <summary>Whether nothing outside the rows of q and log q was written.</summary>
    public bool GapsUntouched() => q.GapsUntouched() && logQ.GapsUntouched();

    public void Dispose()
    {
        foreach (IDisposable buffer in policies.Cast<IDisposable>().Concat([q, logQ, beta, kl, logZ, residual, iterations, status]))
        {
            buffer.Dispose();
        }

        cost?.Dispose();
    }

    private static GuardedBuffer Buffer(int count, int size) => new(count * size, Edge.End);

    private static double[] Doubles(GuardedBuffer buffer, int begin, int count) => new Span<double>((double*)buffer.Data + begin, count).ToArray();

    private void Solve(Func<SolveManyOptions, SolveManyOptions> change, int columns)
    {
        Matrix qView = q.Matrix, logQView = logQ.Matrix, costView = cost?.Matrix ?? default;
        ManySolution solution = new()
        {
            StructSize = (nuint)sizeof(ManySolution),
            Beta = (double*)beta.Data,
            Q = &qView,
            LogQ = &logQView,
            LogZ = (double*)logZ.Data,
            Kl = (double*)kl.Data,
            Residual = (double*)residual.Data,
            Iterations = (int*)iterations.Data,
            RowStatus = (RowStatus*)status.Data,
        };
        SolveManyOptions options = change(SolveManyOptions.Default with { Threads = 1, ValidColumns = columns, Cost = cost == null ? null : &costView });
        Equipoise.SeveralTargets.Solve([.. policies.Select(policy => policy.Matrix)], options, solution);
    }
}
