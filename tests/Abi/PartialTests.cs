using System;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>Rows in tiles, as a stranger's C# holds them.</summary>
public sealed unsafe class PartialTests
{
    private const int Size = 96, MomentsSize = 4;

    [Fact]
    public void Two_tiles_make_a_row()
    {
        double[] left = [2, 1, 0, -1, 0.5], right = [0, 2.5, 0.5, -2, 1];
        using Batch a = new(eqp_dtype.EQP_F64, 1, 3, left[..3]), b = new(eqp_dtype.EQP_F64, 1, 3, right[..3]);
        using Batch c = new(eqp_dtype.EQP_F32, 1, 2, left[3..]), d = new(eqp_dtype.EQP_F16, 1, 2, right[3..]);
        eqp_matrix aView = a.View, bView = b.View, cView = c.View, dView = d.View;
        double* records = stackalloc double[2 * Size];
        new Span<double>(records, 2 * Size).Clear();
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_statistics(&aView, &bView, null, records));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_statistics(&cView, &dView, null, records + Size));
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_merge(records + Size, 1, records));

        double alpha, lse;
        int status;
        eqp_partial_solution solution = new() { struct_size = (nuint)sizeof(eqp_partial_solution), alpha = &alpha, theta_lse = &lse, row_status = &status };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_solve(records, 1, null, &solution));
        Assert.Equal(new Exact(left, right).Alpha, alpha, 1e-9);
        Assert.Equal(Math.Log(Math.Exp(2) + Math.Exp(1) + 1 + Math.Exp(-1) + Math.Exp(0.5)), lse, 1e-13);
        Assert.Equal((int)eqp_row_status.EQP_ROW_OK, status);

        double* moments = stackalloc double[MomentsSize];
        new Span<double>(moments, MomentsSize).Clear();
        using Batch q = new(eqp_dtype.EQP_F64, 1, 3);
        eqp_matrix qView = q.View;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_sweep(&aView, &bView, null, records, &qView, null, moments));
        Assert.Equal(q[0] + q[1] + q[2], moments[0], 1e-13);
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, Exports.eqp_partial_refine(records, 1, null, moments));
        Assert.Contains("moments", Library.LastError, StringComparison.Ordinal);
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_sweep(&cView, &dView, null, records, null, null, moments));
        Assert.Equal(1, moments[0], 1e-13);
        Assert.Equal(0, moments[1], 1e-9);
        Assert.Equal(5, moments[3]);
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_partial_refine(records, 1, null, moments));
    }

    [Fact]
    public void Nulls_are_named()
    {
        using Batch a = new(eqp_dtype.EQP_F64, 1, 3);
        eqp_matrix view = a.View;
        double* record = stackalloc double[Size];
        new Span<double>(record, Size).Clear();
        Refused("theta", Exports.eqp_partial_statistics(null, &view, null, record));
        Refused("target", Exports.eqp_partial_statistics(&view, null, null, record));
        Refused("partials", Exports.eqp_partial_statistics(&view, &view, null, null));
        Refused("other", Exports.eqp_partial_merge(null, 1, record));
        Refused("solution", Exports.eqp_partial_solve(record, 1, null, null));
        Refused("options", Exports.eqp_partial_options_init(null, (nuint)sizeof(eqp_partial_options)));
    }

    private static void Refused(string name, eqp_status status)
    {
        Assert.Equal(eqp_status.EQP_INVALID_ARGUMENT, status);
        Assert.Contains(name, Library.LastError, StringComparison.Ordinal);
    }
}
