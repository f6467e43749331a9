using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>eqp_divergence on rows small enough to be answered by the definitions.</summary>
public sealed unsafe class DivergenceTests
{
    public static IEnumerable<TheoryDataRow<uint, uint>> DTypes =>
        from p in Enum.GetValues<eqp_dtype>()
        from q in Enum.GetValues<eqp_dtype>()
        select new TheoryDataRow<uint, uint>((uint)p, (uint)q);

    [Theory]
    [MemberData(nameof(DTypes))]
    public void Kl_is_that_of_the_definition_in_every_dtype(uint pType, uint qType)
    {
        double[] left = [2, 1, 0, -1], right = [0, 2.5, 0.5, -2];
        using Batch p = new((eqp_dtype)pType, 1, 4, left), q = new((eqp_dtype)qType, 1, 4, right);
        eqp_matrix pView = p.View, qView = q.View;
        double value;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_divergence(&pView, &qView, null, &value, null));
        Assert.Equal(Exact.KlOf(left, right), value, 1e-12);
    }

    [Fact]
    public void Ess_of_probabilities_reads_their_supports()
    {
        // The same; q twice as wide as p; q blind to half of p; not a distribution.
        double[] left = [0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.6, 0];
        double[] right = [0.5, 0.5, 0, 0.25, 0.25, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 0];
        using Batch p = new(eqp_dtype.EQP_F64, 4, 3, left), q = new(eqp_dtype.EQP_F64, 4, 3, right);
        eqp_matrix pView = p.View, qView = q.View;
        eqp_divergence_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_divergence_options_init(&options, (nuint)sizeof(eqp_divergence_options)));
        options.kind = eqp_divergence_kind.EQP_DIVERGENCE_ESS;
        options.scores = eqp_scores.EQP_PROBS;
        double* values = stackalloc double[4];
        int* status = stackalloc int[4];

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_divergence(&pView, &qView, &options, values, status));

        Assert.Equal(1, values[0], 1e-14);
        Assert.Equal(0.5, values[1], 1e-14);
        Assert.Equal(0, values[2]);
        Assert.Equal(double.NaN, values[3]);
        Assert.Equal((int)eqp_row_status.EQP_ROW_INVALID, status[3]);
    }
}
