using System.Runtime.CompilerServices;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The square of the Hellinger distance, 1 − Σ √(p q): ½ (√q − √p)².</summary>
internal readonly struct HellingerTerm : INearTerm
{
    public static double Curvature => 0.25;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V half = L.Broadcast(0.5), ratio = Exponentials<T, L, V>.ExpOfMinus(L.Multiply(half, Exponentials<T, L, V>.Absolute(t)));
        V root = L.Subtract(L.Broadcast(1), ratio), far = L.Multiply(L.Multiply(half, L.Max(p, q)), L.Multiply(root, root));
        return L.Select(Exponentials<T, L, V>.IsSmall(t), Near<T, L, V>(p, q, t), far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Near<T, L, V>(V p, V q, V t)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V half = L.Broadcast(0.5), root = Exponentials<T, L, V>.Minus1(L.Multiply(half, t));
        return L.Multiply(half, L.Multiply(p, L.Multiply(root, root)));
    }
}
