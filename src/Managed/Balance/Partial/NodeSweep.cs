using System.Runtime.CompilerServices;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>
/// A chunk's sums at all nodes of <see cref="PathGrid"/> for three exponentials' worth an element: the nodes lie at ½ ± n/64, so that from one to the
/// next a weight is multiplied by a small power of exp(∓d/64). Sums stay in registers of lanes until the block ends.
/// </summary>
internal static unsafe class NodeSweep<L, V>
    where L : struct, ILanes<double, V>
    where V : struct
{
    /// <summary>Columns of a chunk, whose five rows of scratch leave room in the first-level cache.</summary>
    internal const int Columns = Blocks.ChunkColumns;

    /// <summary>Registers of sums: three a node, and two more powers of d at ½.</summary>
    internal const int Sums = (3 * PathGrid.Count) + 2;

    /// <summary>Scores this far below their top, in nats, may weigh less than f64 holds at some node.</summary>
    private const double LargestDepth = 460;

    private const int OfHalf = 3 * PathGrid.Half;

    /// <summary>Adds a chunk to the sums; false, and nothing added, where it holds a mask, a NaN or scores far below the tops.</summary>
    /// <param name="row">For the temperatures.</param>
    /// <param name="tops">No smaller than any score of the chunk.</param>
    /// <param name="theta">Staged scores, up to whole registers.</param>
    /// <param name="target">Staged scores, up to whole registers.</param>
    /// <param name="count">Columns.</param>
    /// <param name="sums">[<see cref="Sums"/>] registers.</param>
    [SkipLocalsInit]
    internal static bool TryAdd(in RowPair row, in ReadingSums tops, double* theta, double* target, int count, double* sums)
    {
        double* d = stackalloc double[5 * Columns], weights = d + Columns, up = weights + Columns, down = up + Columns, carried = down + Columns;
        int whole = count - (count % L.Count), padded = whole == count ? whole : whole + L.Count;
        double depth = Prepare(row, tops, theta, target, whole, d);
        if (padded != whole)
        {
            depth = double.Max(depth, PrepareRest(row, tops, theta + whole, target + whole, count - whole, d + whole));
        }

        if (!(depth <= LargestDepth) || !TryAddHalf(d, weights, padded, sums + (OfHalf * L.Count)))
        {
            return false;
        }

        AddSide(d, weights, up, carried, padded, sums, 1);
        AddSide(d, weights, down, carried, padded, sums, -1);
        return true;
    }

    /// <summary>d, the weights at ½ and the ratios to both sides; says how far below its top a score lies.</summary>
    private static double Prepare(in RowPair row, in ReadingSums tops, double* theta, double* target, int count, double* d)
    {
        V thetaTop = L.Broadcast(tops.ThetaTop), targetTop = L.Broadcast(tops.TargetTop), unused = L.Broadcast(0), depth = unused;
        V thetaScale = L.Broadcast(row.InverseTheta), targetScale = L.Broadcast(row.InverseTarget), one = L.Broadcast(1);
        V half = L.Broadcast(0.5 * Constants.Log2E), sixtyFourth = L.Broadcast(-Constants.Log2E / PathGrid.Steps);
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Multiply(L.Subtract(thetaTop, L.Load(theta + i)), thetaScale), y = L.Multiply(L.Subtract(targetTop, L.Load(target + i)), targetScale);
            V difference = L.Subtract(x, y), ratio = L.Exp2(L.Multiply(difference, sixtyFourth), unused, unused, unused, unused, unused, unused);
            depth = L.Max(depth, L.Max(x, y));
            L.Store(d + i, difference);
            L.Store(d + Columns + i, L.Exp2(L.Multiply(L.Add(x, y), L.Subtract(unused, half)), unused, unused, unused, unused, unused, unused));
            L.Store(d + (2 * Columns) + i, ratio);
            L.Store(d + (3 * Columns) + i, L.Divide(one, ratio));
        }

        return L.Largest(depth);
    }

    /// <summary>The columns that fill no register, and padding that weighs nothing.</summary>
    private static double PrepareRest(in RowPair row, in ReadingSums tops, double* theta, double* target, int count, double* d)
    {
        double* filled = stackalloc double[2 * L.Count];
        for (int i = 0; i < L.Count; i++)
        {
            filled[i] = i < count ? theta[i] : tops.ThetaTop;
            filled[L.Count + i] = i < count ? target[i] : tops.TargetTop;
        }

        double depth = Prepare(row, tops, filled, filled + L.Count, L.Count, d);
        for (int i = count; i < L.Count; i++)
        {
            d[Columns + i] = 0;
        }

        return depth;
    }

    private static bool TryAddHalf(double* d, double* weights, int count, double* sums)
    {
        V w0 = L.Broadcast(0), w1 = w0, w2 = w0, w3 = w0, w4 = w0;
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Load(d + i), w = L.Load(weights + i), xx = L.Multiply(x, x), wx = L.Multiply(w, x);
            w0 = L.Add(w0, w);
            w1 = L.Add(w1, wx);
            w2 = L.MultiplyAdd(w, xx, w2);
            w3 = L.MultiplyAdd(wx, xx, w3);
            w4 = L.MultiplyAdd(L.Multiply(w, xx), xx, w4);
        }

        // A maximum may overlook a NaN; a sum does not.
        if (!double.IsFinite(L.Sum(w1)))
        {
            return false;
        }

        AddTo(sums, w0);
        AddTo(sums + L.Count, w1);
        AddTo(sums + (2 * L.Count), w2);
        double* higher = sums + ((3 * PathGrid.Count) - OfHalf) * L.Count;
        AddTo(higher, w3);
        AddTo(higher + L.Count, w4);
        return true;
    }

    /// <summary>The eight nodes above ½ or below.</summary>
    private static void AddSide(double* d, double* weights, double* ratios, double* carried, int count, double* sums, int direction)
    {
        int step = 3 * direction * L.Count;
        double* first = sums + (OfHalf * L.Count) + step;
        AddFour<NearHalf<L, V>>(d, weights, ratios, carried, count, first, step);
        AddFour<NearEnd<L, V>>(d, carried, ratios, carried, count, first + (4 * step), step);
    }

    /// <summary>Four nodes, and the weights at the last.</summary>
    private static void AddFour<G>(double* d, double* weights, double* ratios, double* carried, int count, double* sums, int step)
        where G : struct, IGaps<V>
    {
        V a0 = L.Broadcast(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, c0 = a0, c1 = a0, c2 = a0, e0 = a0, e1 = a0, e2 = a0;
        for (nint i = 0; i < count; i += L.Count)
        {
            V x = L.Load(d + i), xx = L.Multiply(x, x);
            G.Powers(L.Load(ratios + i), out V first, out V second, out V third, out V fourth);
            V w = L.Multiply(L.Load(weights + i), first);
            a0 = L.Add(a0, w);
            a1 = L.MultiplyAdd(w, x, a1);
            a2 = L.MultiplyAdd(w, xx, a2);
            w = L.Multiply(w, second);
            b0 = L.Add(b0, w);
            b1 = L.MultiplyAdd(w, x, b1);
            b2 = L.MultiplyAdd(w, xx, b2);
            w = L.Multiply(w, third);
            c0 = L.Add(c0, w);
            c1 = L.MultiplyAdd(w, x, c1);
            c2 = L.MultiplyAdd(w, xx, c2);
            w = L.Multiply(w, fourth);
            e0 = L.Add(e0, w);
            e1 = L.MultiplyAdd(w, x, e1);
            e2 = L.MultiplyAdd(w, xx, e2);
            L.Store(carried + i, w);
        }

        AddNode(sums, a0, a1, a2);
        AddNode(sums + step, b0, b1, b2);
        AddNode(sums + (2 * step), c0, c1, c2);
        AddNode(sums + (3 * step), e0, e1, e2);
    }

    private static void AddNode(double* sums, V weight, V first, V second)
    {
        AddTo(sums, weight);
        AddTo(sums + L.Count, first);
        AddTo(sums + (2 * L.Count), second);
    }

    private static void AddTo(double* sum, V x) => L.Store(sum, L.Add(L.Load(sum), x));
}
