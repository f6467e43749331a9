using Equipoise.Balance;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>The sweeps at one point of the path, of one thread over its share of a piece.</summary>
internal static class Writing
{
    /// <summary>log2 of q above which a token is computed in f64: it weighs in E[ℓ], and a row has 512 of them at the most.</summary>
    private const float HeavyExponent = -9;

    /// <summary>q in f32, stored where it is wanted; Σq and Σq·d in f64.</summary>
    internal static void Write32(ref Lane lane, Order order, Octet<float> a, Octet<float> b, RowView q, long column, long end)
    {
        float thetaTop = (float)order.ThetaTop, targetTop = (float)order.TargetTop, offset = (float)order.Offset, mend = (float)order.Mend;
        float thetaFactor = (float)order.ThetaFactor, targetFactor = (float)order.TargetFactor;
        float thetaScale = (float)order.InverseTheta, targetScale = (float)order.InverseTarget;
        for (int i = 0; i < 8; i++)
        {
            float x = a.V0 - thetaTop, y = b.V0 - targetTop, d = (y * targetScale) - (x * thetaScale);
            float exponent = IntrinsicMath.Max((thetaFactor * x) + (targetFactor * y) + offset, -252f);
            float root = Elementary.Exp2(IntrinsicMath.Max(exponent, -126f)) * mend;

            // Below 2^-126 in two steps, so that small weights fade into 0 as the CPU's do.
            float w = exponent < -126f ? root * Elementary.Exp2(exponent + 126f) : root;
            bool isCommon = a.V0 > float.NegativeInfinity && b.V0 > float.NegativeInfinity;
            double weight = isCommon ? w : 0, difference = IntrinsicMath.Abs(d) <= float.MaxValue ? d : 0;
            if (exponent > HeavyExponent && isCommon)
            {
                double wideX = a.V0 - order.ThetaTop, wideY = b.V0 - order.TargetTop;
                weight = Elementary.Exp2((order.ThetaFactor * wideX) + (order.TargetFactor * wideY) + order.Offset);
                difference = (wideY * order.InverseTarget) - (wideX * order.InverseTheta);
            }

            lane.Theta.Weight += weight;
            lane.Theta.First += weight * difference;
            w = (float)weight;
            a.Push(w);
            b.Push(0);
        }

        if (order.IsStoring != 0)
        {
            q.Store32(column, end, a);
        }
    }

    /// <summary>
    /// The f64 sweeps, told apart by <see cref="Order.Kind"/>: q (stored where it is wanted), log q, sums of any size, central moments.
    /// </summary>
    internal static void Visit(ref Lane lane, Order order, Octet<double> a, Octet<double> b, RowView q, RowView logQ, long column, long end)
    {
        if (order.Kind == Sweep.Evaluate)
        {
            RaiseToLargest(ref lane, order, a, b);
        }

        RowView output = order.Kind == Sweep.WriteLog ? logQ : q;
        double offset = order.Kind == Sweep.Evaluate ? -Finite(lane.ThetaTop) : order.Offset;
        for (int i = 0; i < 8; i++)
        {
            bool isCommon = a.V0 > double.NegativeInfinity && b.V0 > double.NegativeInfinity;
            double x = isCommon ? a.V0 - order.ThetaTop : 0, y = isCommon ? b.V0 - order.TargetTop : 0;
            double exponent = (order.ThetaFactor * x) + (order.TargetFactor * y) + offset;
            double d = Reading.Bounded((y * order.InverseTarget) - (x * order.InverseTheta));
            double w = isCommon ? Elementary.Exp2(exponent) * order.Scale : 0, moved = d - order.Centre, wd = w * moved, wdd = wd * moved;
            double log = isCommon ? (exponent / Constants.Log2E) + order.Centre : double.NegativeInfinity;
            lane.Theta.Weight += w;
            lane.Theta.First += wd;
            lane.Theta.Second += wdd;
            lane.Half.First += wdd * moved;
            lane.Half.Second += wdd * moved * moved;
            a.Push(order.Kind == Sweep.WriteLog ? log : w);
            b.Push(0);
        }

        if (order.IsStoring != 0)
        {
            output.Store(column, end, a);
        }
    }

    private static void RaiseToLargest(ref Lane lane, Order order, Octet<double> a, Octet<double> b)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < 8; i++)
        {
            bool isCommon = a.V0 > double.NegativeInfinity && b.V0 > double.NegativeInfinity;
            double exponent = (order.ThetaFactor * (a.V0 - order.ThetaTop)) + (order.TargetFactor * (b.V0 - order.TargetTop));
            largest = isCommon && exponent > largest ? exponent : largest;
            a.Push(0);
            b.Push(0);
        }

        if (largest > lane.ThetaTop)
        {
            lane.RaisePoint(largest);
        }
    }

    private static double Finite(double top) => top > double.NegativeInfinity ? top : 0;
}
