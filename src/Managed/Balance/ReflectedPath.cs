namespace Equipoise.Balance;

/// <summary>
/// log Z for the criteria that look beyond the ends of the path, before anything was measured there: the interpolant inside, and the Taylor
/// polynomial of degree 2 at either end beyond it, which errs by less than any polynomial through all nodes and never bends the wrong way.
/// Scalar and free of memory, as <see cref="HermiteInterpolant"/>.
/// </summary>
internal struct ContinuedPath : IPath
{
    private HermiteInterpolant inside;
    private PathNode target;
    private PathNode theta;

    internal static ContinuedPath Of(in HermiteInterpolant inside, in PathNodes nodes) => new()
    {
        inside = inside,
        target = new PathNode { Value = nodes.Value0, Slope = nodes.Slope0, Curvature = nodes.Curvature0 },
        theta = new PathNode { Value = nodes.Value1, Slope = nodes.Slope1, Curvature = nodes.Curvature1 },
    };

    public readonly PathValues At(double alpha) => Reflected.Values(Reflected.Node(inside, alpha), theta.Continued(1 - alpha), target.Continued(-alpha));
}

/// <summary>
/// log Z near one α, from what was measured there, at 2 − α and at −α: quintics from the path's ends to the points beyond, and the
/// interpolant, mended by what was measured, inside.
/// </summary>
internal struct MeasuredPath : IPath
{
    private HermiteInterpolant inside;
    private PathNode gap;
    private Quintic beyond;
    private Quintic before;
    private double alpha;
    private PathNode here;
    private PathNode atBeyond;
    private PathNode atBefore;

    /// <param name="inside">The interpolant of the nodes.</param>
    /// <param name="nodes">For the ends.</param>
    /// <param name="alpha">Where the three are measured; what a criterion does not look at may be anything.</param>
    /// <param name="here">At α …</param>
    /// <param name="beyond">… at 2 − α …</param>
    /// <param name="before">… and at −α.</param>
    internal static MeasuredPath Of(
        in HermiteInterpolant inside, in PathNodes nodes, double alpha, in PathNode here, in PathNode beyond, in PathNode before)
    {
        PathNode theta = new() { Value = nodes.Value1, Slope = nodes.Slope1, Curvature = nodes.Curvature1 };
        PathNode target = new() { Value = nodes.Value0, Slope = nodes.Slope0, Curvature = nodes.Curvature0 };
        PathNode predicted = Reflected.Node(inside, alpha);
        return new MeasuredPath
        {
            inside = inside,
            gap = new PathNode
            {
                Value = here.Value - predicted.Value,
                Slope = here.Slope - predicted.Slope,
                Curvature = here.Curvature - predicted.Curvature,
            },
            beyond = Quintic.Through(1, theta, 2 - alpha, beyond),
            before = Quintic.Through(-alpha, before, 0, target),
            alpha = alpha,
            here = here,
            atBeyond = beyond,
            atBefore = before,
        };
    }

    public readonly PathValues At(double alpha)
    {
        PathNode node = Reflected.Node(inside, alpha), correction = gap.Continued(alpha - this.alpha);
        node.Value += correction.Value;
        node.Slope += correction.Slope;
        node.Curvature += correction.Curvature;
        return Reflected.Values(node, beyond.Evaluate(2 - alpha), before.Evaluate(-alpha));
    }

    /// <summary>What the measurements alone say of a point nearby.</summary>
    internal readonly PathValues Continued(double alpha)
    {
        double step = alpha - this.alpha;
        return Reflected.Values(here.Continued(step), atBeyond.Continued(-step), atBefore.Continued(-step));
    }
}

/// <summary>What both have in common.</summary>
internal static class Reflected
{
    internal static PathNode Node(in HermiteInterpolant path, double alpha)
    {
        PathNode node = default;
        node.Value = path.Evaluate(alpha, out node.Slope, out node.Curvature);
        return node;
    }

    internal static PathValues Values(in PathNode here, in PathNode beyond, in PathNode before) => new()
    {
        LogZ = here.Value,
        Mean = -here.Slope,
        Variance = here.Curvature,
        LogZBeyond = beyond.Value,
        MeanBeyond = -beyond.Slope,
        LogZBefore = before.Value,
        MeanBefore = -before.Slope,
    };
}
