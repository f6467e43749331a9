using System;
using Equipoise.Tests.Support;
using Xunit;

namespace Equipoise.Tests.Invariance;

/// <summary>Columns beyond valid_columns are never read, and are 0 in q and −∞ in log q.</summary>
public unsafe class PaddingTests
{
    public static TheoryData<DType> Types => [.. Codec.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Padding_full_of_NaN_changes_no_bit(DType dtype)
    {
        foreach (int width in new[] { 1, 2, 15, 16, 17, 100, 2047, 2048, 4100 })
        {
            double[][] a = RowMaker.Many(3, s => RowMaker.Coarse(s, width), 91), b = RowMaker.Many(3, s => RowMaker.Coarse(s, width), 95);
            Problem bare = new Problem(a, b).As(dtype);
            using Answer expected = bare.Solve();
            foreach ((int theta, int target) in new[] { (5, 5), (64, 1), (0, 33), (9, 0) })
            {
                Problem padded = bare with { ThetaLayout = new Layout(Padding: theta), TargetLayout = new Layout(Padding: target) };
                using Answer answer = padded.Solve();
                for (int row = 0; row < 3; row++)
                {
                    Assert.Equal(expected.Alpha[row], answer.Alpha[row]);
                    Assert.Equal(expected.Q(row), answer.Q(row)[..width]);
                    Assert.Equal(expected.LogQ(row), answer.LogQ(row)[..width]);
                    Assert.All(answer.Q(row)[width..], v => Assert.Equal(0, v));
                    Assert.All(answer.LogQ(row)[width..], v => Assert.Equal(double.NegativeInfinity, v));
                    Assert.Equal(RowStatus.Ok, width > 1 ? answer.Status[row] : RowStatus.Ok);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Padding_without_access_is_not_touched(DType dtype)
    {
        foreach (int width in new[] { 1, 7, 16, 33, 100, 1024, 2048, 2049, 5000 })
        {
            double[][] a = RowMaker.Many(3, s => RowMaker.Coarse(s, width), 97), b = RowMaker.Many(3, s => RowMaker.Coarse(s, width), 99);
            using GuardedBuffer theta = Paged(a, dtype, 50, out Matrix thetaMatrix), target = Paged(b, dtype, 9, out Matrix targetMatrix);
            Layout padded = new(Padding: 50);
            using Answer answer = new(3, new PlacedMatrix(3, width, dtype, padded), new PlacedMatrix(3, width, dtype, padded));
            SolveOptions options = SolveOptions.Default with { Threads = 1, ValidColumns = width };
            answer.Solve(thetaMatrix, targetMatrix, options, Wanted.All, Solver.Device);
            using Answer expected = (new Problem(a, b).As(dtype) with { LogQType = dtype }).Solve();
            Assert.Equal(expected.Alpha.ToArray(), answer.Alpha.ToArray());
            Assert.Equal(expected.Q(2), answer.Q(2)[..width]);
        }
    }

    /// <summary>Rows of which each ends at a page without access, which the matrix claims as padding.</summary>
    private static GuardedBuffer Paged(double[][] rows, DType dtype, int padding, out Matrix matrix)
    {
        int size = Codec.Size(dtype), width = rows[0].Length, page = Environment.SystemPageSize;
        int inside = (((width * size) + page - 1) / page) * page, stride = inside + page;
        GuardedBuffer buffer = new((long)stride * rows.Length, Edge.Start);
        byte* first = buffer.Data + inside - (width * size);
        matrix = new Matrix(first, dtype, rows.Length, width + padding) { RowStride = stride / size };
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < width; i++)
            {
                Codec.Write(first + ((long)row * stride), i, dtype, rows[row][i]);
            }

            GuardedBuffer.Forbid(buffer.Data + ((long)row * stride) + inside);
        }

        return buffer;
    }
}
