using System;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Stores log q of a block, in nats; −∞ where a token is masked in either policy.</summary>
internal readonly unsafe struct LogWriting<T, L, V, S, W> : IBlockMap<PathPoint>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
{
    public static void Write(void* theta, void* target, int count, in PathPoint point, void* logQ)
    {
        V thetaTop = L.Broadcast(point.ThetaTop), targetTop = L.Broadcast(point.TargetTop), nats = L.Broadcast(1 / Constants.Log2E);
        V thetaFactor = L.Broadcast(point.ThetaFactor), targetFactor = L.Broadcast(point.TargetFactor), offset = L.Broadcast(point.Offset);
        V masked = L.Broadcast(double.NegativeInfinity), scale = L.Broadcast(Math.Log(point.Scale));
        for (nint i = 0; i < count; i += L.Count)
        {
            V a = S.Load(theta, i), b = S.Load(target, i), common = L.And(L.IsAboveMinusInfinity(a), L.IsAboveMinusInfinity(b));
            V exponent = L.Add(L.MultiplyAdd(thetaFactor, L.Subtract(a, thetaTop), L.Multiply(targetFactor, L.Subtract(b, targetTop))), offset);
            V value = L.MultiplyAdd(exponent, nats, scale);
            W.Store(logQ, i, L.Select(common, value, masked));
        }
    }
}

/// <summary>Stores log q over a piece of a row.</summary>
internal static unsafe class LogSweep<T, L, V, S, W>
    where T : unmanaged
    where L : struct, ILanes<T, V>
    where V : struct
    where S : struct, IBlockSource<T, L, V>
    where W : struct, IBlockWriter<T, L, V>
{
    internal static void Piece(in RowPair row, nint begin, nint end, in PathPoint point, void* logQ) =>
        MappingSweep<T, L, V, S, W, LogWriting<T, L, V, S, W>, PathPoint>.Piece(row, begin, end, point, logQ);
}
