using System;
using Equipoise.Balance;
using Equipoise.Geometry;
using Equipoise.Rows;

namespace Equipoise;

/// <summary>Straight lines between two distributions, in f64.</summary>
/// <remarks>Safe to call from any number of threads at once, the outputs being different.</remarks>
public static unsafe class Geodesics
{
    /// <summary>A point of a straight line between two distributions: the geometric path, or the mixture.</summary>
    /// <param name="theta">[rows, ≥ valid columns] scores of the end at α = 1; read only.</param>
    /// <param name="target">[rows, ≥ valid columns] of the one at α = 0; read only.</param>
    /// <param name="geodesic">Which line.</param>
    /// <param name="options">Alpha or one per row, scores, temperatures, valid columns, row mask, threads; the rest has no meaning here.</param>
    /// <param name="point">[rows, columns of theta] out, any dtype: probabilities.</param>
    /// <param name="rowStatus">[rows] out, or null. Of disjoint rows the geometric path is 0.</param>
    /// <exception cref="ArgumentException">An argument is wrong; the message names it, and nothing has been written.</exception>
    public static void Compute(
        in Matrix theta, in Matrix target, GeodesicKind geodesic, in SolveOptions options, in Matrix point, RowStatus* rowStatus)
    {
        SolveOptions fixedAlpha = options;
        fixedAlpha.Criterion = Criterion.FixedAlpha;
        MatrixChecks.Require((uint)geodesic <= (uint)GeodesicKind.Mixture, "kind", $"kind {(int)geodesic} is not an eqp_geodesic_kind");
        SolveChecks.Check(theta, target, fixedAlpha, default);
        Matrix output = point;
        GradientJob job = Gradients.JobOf(theta, "theta", target, "target", fixedAlpha, &output, "point", null, "", rowStatus);
        job.Geodesic = geodesic;
        job.Answer = &GeodesicRow.Write;
        GradientBatch.Run(&job);
    }
}
