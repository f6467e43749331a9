using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>Σ g/(p + λ), Σ p/(p + λ), and the number of tokens that are not masked.</summary>
internal struct DampedSums : ISums<DampedSums>
{
    internal double Gradient;
    internal double Mass;
    internal double Tokens;

    public static DampedSums Empty => default;

    public void Add(in DampedSums next)
    {
        Gradient += next.Gradient;
        Mass += next.Mass;
        Tokens += next.Tokens;
    }
}

/// <summary>Finds the <see cref="DampedSums"/> of a block; the damping is the row's parameter.</summary>
internal readonly unsafe struct DampedBlock : ITangentBlock<DampedSums>
{
    public static bool Writes => false;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref DampedSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), damping = L.Broadcast(row.Parameter);
        V zero = L.Broadcast(0), one = L.Broadcast(1), gradient = zero, mass = zero, tokens = zero;
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out _, out V g, out V isReal);
            V divisor = L.Add(p, damping), isZero = L.IsAtMost(divisor, zero);
            gradient = L.Add(gradient, L.Select(isZero, zero, L.Divide(g, divisor)));
            mass = L.Add(mass, L.Select(isZero, zero, L.Divide(p, divisor)));
            tokens = L.Add(tokens, L.Select(isReal, one, zero));
        }

        sums = new DampedSums { Gradient = L.Sum(gradient), Mass = L.Sum(mass), Tokens = L.Sum(tokens) };
    }
}

/// <summary>Writes x = (g + p · Second)/(p + λ), less the mean where λ = 0; 0 for masked tokens.</summary>
internal readonly unsafe struct SolutionBlock : ITangentBlock<NoSums>
{
    public static bool Writes => true;

    public static void Add<L, V>(in TangentRow row, double* scores, double* vector, int count, ref NoSums sums)
        where L : struct, ILanes<double, V>
        where V : struct
    {
        V top = L.Broadcast(row.Top), logMass = L.Broadcast(row.LogMass), log2E = L.Broadcast(Constants.Log2E), damping = L.Broadcast(row.Parameter);
        V factor = L.Broadcast(row.Second), zero = L.Broadcast(0);
        for (nint i = 0; i < count; i += L.Count)
        {
            V p = TangentRow.Load<L, V>(scores, vector, i, top, logMass, log2E, out _, out V g, out V isReal);
            V divisor = L.Add(p, damping), x = L.Divide(L.MultiplyAdd(p, factor, g), divisor);
            L.Store(vector + i, L.Select(isReal, L.Select(L.IsAtMost(divisor, zero), factor, x), zero));
        }
    }
}
