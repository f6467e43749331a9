using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>No sums.</summary>
internal struct NoSums : ISums<NoSums>
{
    public static NoSums Empty => default;

    public readonly void Add(in NoSums next)
    {
    }
}

/// <summary>Writes F v = p (v − pᵀv).</summary>
internal readonly unsafe struct ProductBlock : ITangentBlock<NoSums>
{
    public static bool Writes => true;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref NoSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), mean = L.Broadcast(row.Centre);
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out _, out V v, out _);
            L.Store(vector + i, L.Multiply(p, L.Subtract(v, mean)));
        }
    }
}
