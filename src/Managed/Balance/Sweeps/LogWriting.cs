using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Stores log q of a block, in nats; −∞ where a token is masked in either policy.</summary>
internal static unsafe class LogWriting<T, L, V, S, W>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
{
    internal static void Write(void* theta, void* target, int count, in PathPoint point, void* logQ)
    {
        const double Nats = 1 / Constants.Log2E;
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop), offset = L.Broadcast(point.Offset * Nats);
        V thetaFactor = L.Broadcast(point.ThetaFactor * Nats), targetFactor = L.Broadcast(point.TargetFactor * Nats);
        V masked = L.Broadcast(double.NegativeInfinity);
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V value = L.MultiplyAdd(thetaFactor, L.Subtract(a, thetaTop), L.MultiplyAdd(targetFactor, L.Subtract(b, targetTop), offset));
            W.Store(logQ, i, L.Select(common, value, masked));
        }
    }
}
