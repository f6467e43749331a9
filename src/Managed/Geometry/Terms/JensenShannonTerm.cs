using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>½ KL(p‖m) + ½ KL(q‖m), m = ½ (p + q): √(p q) (z sinh z − cosh z log cosh z) with z = ½ t, an even series where z is small.</summary>
internal readonly struct JensenShannonTerm : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<T, L, V>(V p, V q, V logP, V logQ, V t, double order)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        V half = L.Broadcast(0.5), zero = L.Broadcast(0), z = L.Multiply(half, t), zz = L.Multiply(z, z);
        V sum = L.MultiplyAdd(L.Broadcast(3.0438460808004458798e-5), zz, L.Broadcast(-1.026969429747207525e-4));
        sum = L.MultiplyAdd(sum, zz, L.Broadcast(3.6623677248677248677e-4));
        sum = L.MultiplyAdd(sum, zz, L.Broadcast(-1.0 / 720));
        sum = L.MultiplyAdd(sum, zz, L.Broadcast(1.0 / 144));
        sum = L.MultiplyAdd(L.Multiply(sum, zz), zz, half);
        V near = L.Multiply(L.Multiply(Exponentials<T, L, V>.Exp2(L.Multiply(half, L.Add(logP, logQ))), zz), sum);

        V size = Exponentials<T, L, V>.Absolute(t), ratio = Exponentials<T, L, V>.Exp2(L.Multiply(L.Subtract(zero, size), L.Broadcast(Constants.Log2E)));
        V rest = L.Subtract(L.Broadcast(0.693147180559945309), L.Log(L.Add(L.Broadcast(1), ratio)));
        V smaller = L.Subtract(zero, L.Max(L.Subtract(zero, p), L.Subtract(zero, q)));
        V far = L.Multiply(half, L.Subtract(L.Multiply(L.Add(p, q), rest), L.Multiply(smaller, size)));
        return L.Select(Exponentials<T, L, V>.IsSmall(t), near, far);
    }
}
