using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>
/// The reading sweep of one thread over its share of a piece: two exponentials an element give the weights at α = 1, ½ and 0. Each thread
/// subtracts its own largest scores, so that the weight of a row's largest score is exactly 1 without a sweep for the maxima. Sums are in f64:
/// where one token holds nearly all of the mass, the rest of an f32 sum would be rounded away.
/// </summary>
internal static class Reading
{
    private const double LargestF32 = float.MaxValue;

    /// <summary>Half a log2 below which an f32 weight is 0 for all purposes.</summary>
    private const float Lowest = -126;

    private const double HeavyRoot = 0.1;
    private const double HeavyShare = 0.05;

    internal static void Sum32(ref Lane lane, Octet<float> a, Octet<float> b, double inverseTheta, double inverseTarget)
    {
        RaiseTo(ref lane, Largest(a), Largest(b), inverseTheta, inverseTarget);
        float thetaTop = (float)Finite(lane.ThetaTop), targetTop = (float)Finite(lane.TargetTop);
        float thetaScale = (float)inverseTheta, targetScale = (float)inverseTarget;
        float thetaHalf = (float)(0.5 * Constants.Log2E * inverseTheta), targetHalf = (float)(0.5 * Constants.Log2E * inverseTarget);
        for (int i = 0; i < 8; i++)
        {
            float x = a.V0 - thetaTop, y = b.V0 - targetTop, d = (y * targetScale) - (x * thetaScale);
            double u = Elementary.Exp2(IntrinsicMath.Max(x * thetaHalf, Lowest)), v = Elementary.Exp2(IntrinsicMath.Max(y * targetHalf, Lowest));
            if (IntrinsicMath.Abs(d) <= float.MaxValue)
            {
                double difference = d;
                if (IsHeavy(u, lane.Theta.Weight) || IsHeavy(v, lane.Target.Weight))
                {
                    double wideX = (a.V0 - lane.ThetaTop) * inverseTheta, wideY = (b.V0 - lane.TargetTop) * inverseTarget;
                    u = Elementary.Exp2(0.5 * Constants.Log2E * wideX);
                    v = Elementary.Exp2(0.5 * Constants.Log2E * wideY);
                    difference = wideY - wideX;
                }

                Add(ref lane, u, v, difference);
            }
            else
            {
                AddAlone(ref lane, a.V0, b.V0, u, v, Found.Beyond32);
            }

            a.Push(0);
            b.Push(0);
        }
    }

    internal static void Sum(ref Lane lane, Octet<double> a, Octet<double> b, double inverseTheta, double inverseTarget)
    {
        double thetaTop = double.NegativeInfinity, targetTop = double.NegativeInfinity;
        for (int i = 0; i < 8; i++)
        {
            double first = a.V0, second = b.V0;
            thetaTop = IntrinsicMath.Max(thetaTop, first);
            targetTop = IntrinsicMath.Max(targetTop, second);
            a.Push(first);
            b.Push(second);
        }

        RaiseTo(ref lane, thetaTop, targetTop, inverseTheta, inverseTarget);
        thetaTop = Finite(lane.ThetaTop);
        targetTop = Finite(lane.TargetTop);
        for (int i = 0; i < 8; i++)
        {
            double x = (a.V0 - thetaTop) * inverseTheta, y = (b.V0 - targetTop) * inverseTarget, d = y - x;
            double u = Elementary.Exp2(0.5 * Constants.Log2E * x), v = Elementary.Exp2(0.5 * Constants.Log2E * y);
            if (a.V0 > double.NegativeInfinity && b.V0 > double.NegativeInfinity && a.V0 + b.V0 < double.PositiveInfinity)
            {
                Add(ref lane, u, v, Bounded(d));
            }
            else
            {
                AddAlone(ref lane, a.V0, b.V0, u, v, 0);
            }

            a.Push(0);
            b.Push(0);
        }
    }

    /// <summary>Beyond this no weight is left to tell the difference, and d² would overflow.</summary>
    internal static double Bounded(double d)
    {
        return IntrinsicMath.Max(-Constants.LargestLogRatio, IntrinsicMath.Min(d, Constants.LargestLogRatio));
    }

    /// <summary>
    /// A token that dominates what this thread has met so far: f32's error in its weight could move α. Where no token dominates, a thread's
    /// first few are taken for such, and no more.
    /// </summary>
    private static bool IsHeavy(double root, double weight) => root > HeavyRoot && root * root > HeavyShare * weight;

    private static float Largest(Octet<float> octet)
    {
        float first = IntrinsicMath.Max(IntrinsicMath.Max(octet.V0, octet.V1), IntrinsicMath.Max(octet.V2, octet.V3));
        return IntrinsicMath.Max(first, IntrinsicMath.Max(IntrinsicMath.Max(octet.V4, octet.V5), IntrinsicMath.Max(octet.V6, octet.V7)));
    }

    private static void Add(ref Lane lane, double u, double v, double d)
    {
        double ud = u * d, vd = v * d;
        lane.Target.Weight += v * v;
        lane.Half.Weight += u * v;
        lane.Theta.Weight += u * u;
        lane.Target.First += v * vd;
        lane.Half.First += u * vd;
        lane.Theta.First += u * ud;
        lane.Target.Second += vd * vd;
        lane.Half.Second += ud * vd;
        lane.Theta.Second += ud * ud;
    }

    /// <summary>An element that is not common to both: masked somewhere, or no number.</summary>
    private static void AddAlone(ref Lane lane, double a, double b, double u, double v, int beyond)
    {
        bool isTheta = a > double.NegativeInfinity, isTarget = b > double.NegativeInfinity;
        if (!(a < double.PositiveInfinity) || !(b < double.PositiveInfinity))
        {
            lane.Found |= Found.Poison;
        }
        else if (isTheta && isTarget)
        {
            lane.Found |= beyond;
        }
        else if (isTheta)
        {
            lane.ThetaAlone += u * u;
            lane.Found |= Found.ThetaAlone;
        }
        else if (isTarget)
        {
            lane.TargetAlone += v * v;
            lane.Found |= Found.TargetAlone;
        }
    }

    private static void RaiseTo(ref Lane lane, double thetaTop, double targetTop, double inverseTheta, double inverseTarget)
    {
        if (thetaTop > lane.ThetaTop || targetTop > lane.TargetTop)
        {
            double theta = IntrinsicMath.Max(thetaTop, lane.ThetaTop), target = IntrinsicMath.Max(targetTop, lane.TargetTop);
            lane.Raise(
                theta < double.PositiveInfinity ? theta : LargestF32,
                target < double.PositiveInfinity ? target : LargestF32,
                inverseTheta,
                inverseTarget);
        }
    }

    private static double Finite(double top) => top > double.NegativeInfinity ? top : 0;
}
