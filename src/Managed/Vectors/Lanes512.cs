using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Equipoise.Vectors;

/// <summary>Lanes of a 512-bit register: AVX-512 F, BW, DQ.</summary>
internal readonly unsafe struct Lanes512<T> : ILanes<T, Vector512<T>>
    where T : unmanaged
{
    public static int Count => Vector512<T>.Count;

    public static ReadOnlySpan<double> ProductPolynomial => Exp2Polynomial.F32;

    private static bool IsF32
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(double value) =>
        IsF32 ? Vector512.Create((float)value).As<float, T>() : Vector512.Create(value).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadF16(ushort* source)
    {
        // Sign and magnitude at their f32 places, the exponent mended by a multiplication, which is exact for subnormal numbers too.
        Vector512<int> bits = (Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)) << 13) & Vector512.Create(Binary16.Mask);
        Vector512<float> value = bits.AsSingle() * Vector512.Create(Binary16.Rebias);
        Vector512<float> special = Vector512.GreaterThanOrEqual(Vector512.Abs(value), Vector512.Create(Binary16.FirstSpecial));
        return (value.AsInt32() | (special.AsInt32() & Vector512.Create(Binary16.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadBF16(ushort* source) =>
        (Avx512F.ConvertToVector512Int32(Vector256.Load(source)) << 16).As<int, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadEvenBF16(ushort* source) => (Vector512.Load((uint*)source) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadOddBF16(ushort* source) => (Vector512.Load((uint*)source) & Vector512.Create(0xffff0000u)).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadF32(float* source) =>
        IsF32 ? Vector512.Load(source).As<float, T>() : Avx512F.ConvertToVector512Double(Vector256.Load(source)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, Vector512<T> x) => x.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreF16(ushort* destination, Vector512<T> x)
    {
        Vector512<uint> bits = x.AsUInt32(), sign = bits & Vector512.Create(0x80000000u), size = bits ^ sign;
        Vector512<uint> odd = (size >> 13) & Vector512<uint>.One;
        Vector512<uint> normal = (size + Vector512.Create(Binary16.Unbias) + odd) >> 13;
        Vector512<uint> small = (size.AsSingle() + Vector512.Create(Binary16.SubnormalUnit)).AsUInt32() - Vector512.Create(Binary16.SubnormalUnit).AsUInt32();
        Vector512<uint> finite = Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(Binary16.FirstNormal)), small, normal);
        Vector512<uint> all = Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(size, Vector512.Create(Binary16.FirstOverflow)), Vector512.Create(0x7c00u), finite);
        Avx512F.ConvertToVector256UInt16(all | (sign >> 16)).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, Vector512<T> x)
    {
        Avx512F.ConvertToVector256UInt16(RoundToBF16(x.AsUInt32()) >> 16).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleavedBF16(ushort* destination, Vector512<T> even, Vector512<T> odd)
    {
        Vector512<uint> low = RoundToBF16(even.AsUInt32()) >> 16, high = RoundToBF16(odd.AsUInt32()) & Vector512.Create(0xffff0000u);
        (low | high).Store((uint*)destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Add(Vector512<T> x, Vector512<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Subtract(Vector512<T> x, Vector512<T> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Multiply(Vector512<T> x, Vector512<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Divide(Vector512<T> x, Vector512<T> y) => x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> x, Vector512<T> y, Vector512<T> z) => IsF32
        ? Avx512F.FusedMultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Avx512F.FusedMultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Max(Vector512<T> x, Vector512<T> y) => IsF32
        ? Avx512F.Max(x.AsSingle(), y.AsSingle()).As<float, T>()
        : Avx512F.Max(x.AsDouble(), y.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> IsAboveMinusInfinity(Vector512<T> x) => Vector512.GreaterThan(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> IsMinusInfinity(Vector512<T> x) => Vector512.Equals(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> IsAtMost(Vector512<T> x, Vector512<T> y) => Vector512.LessThanOrEqual(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> And(Vector512<T> x, Vector512<T> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Select(Vector512<T> mask, Vector512<T> x, Vector512<T> y) => Vector512.ConditionalSelect(mask, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compress(T* destination, Vector512<T> x, Vector512<T> mask)
    {
#if NET10_0_OR_GREATER
        Vector512<T> packed = IsF32
            ? Avx512F.Compress(x.AsSingle(), mask.AsSingle(), x.AsSingle()).As<float, T>()
            : Avx512F.Compress(x.AsDouble(), mask.AsDouble(), x.AsDouble()).As<double, T>();
        packed.Store(destination);
        return BitOperations.PopCount(mask.ExtractMostSignificantBits());
#else
        int low = Lanes256<T>.Compress(destination, x.GetLower(), mask.GetLower());
        return low + Lanes256<T>.Compress(destination + low, x.GetUpper(), mask.GetUpper());
#endif
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector512<T> x)
    {
        Vector512<double> wide = IsF32
            ? Avx512F.ConvertToVector512Double(x.AsSingle().GetLower()) + Avx512F.ConvertToVector512Double(x.AsSingle().GetUpper())
            : x.AsDouble();
        return Lanes256<double>.Sum(wide.GetLower() + wide.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Vector512<T> x) => Lanes256<T>.Largest(Lanes256<T>.Max(x.GetLower(), x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp2(Vector512<T> x, Vector512<T> c5, Vector512<T> c4, Vector512<T> c3, Vector512<T> c2, Vector512<T> c1, Vector512<T> c0)
    {
        if (!IsF32)
        {
            return Exp2(x.AsDouble()).As<double, T>();
        }

        Vector512<float> r = Avx512DQ.Reduce(x.AsSingle(), 0x09); // x − floor(x), without exceptions
        Vector512<float> p = Avx512F.FusedMultiplyAdd(c5.AsSingle(), r, c4.AsSingle());
        p = Avx512F.FusedMultiplyAdd(p, r, c3.AsSingle());
        p = Avx512F.FusedMultiplyAdd(p, r, c2.AsSingle());
        p = Avx512F.FusedMultiplyAdd(p, r, c1.AsSingle());
        p = Avx512F.FusedMultiplyAdd(p, r, c0.AsSingle());
        return Avx512F.Scale(p, x.AsSingle()).As<float, T>(); // p · 2^floor(x)
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp2OfProduct(
        Vector512<T> x, Vector512<T> scale, Vector512<T> lowest, Vector512<T> c5, Vector512<T> c4, Vector512<T> c3, Vector512<T> c2, Vector512<T> c1, Vector512<T> c0)
    {
        return Exp2(x * scale, c5, c4, c3, c2, c1, c0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Log(Vector512<T> x) =>
        IsF32 ? Vector512.Log(x.AsSingle()).As<float, T>() : Vector512.Log(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Exp2(Vector512<double> x)
    {
        Vector512<double> n = Avx512F.RoundScale(x, 0x08); // to nearest, without exceptions
        Vector512<double> r = x - n, p = Vector512.Create(Exp2Polynomial.F64[11]);
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[10]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[9]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[8]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[7]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[6]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[5]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[4]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[3]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[2]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[1]));
        p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(Exp2Polynomial.F64[0]));
        return Avx512F.Scale(p, n);
    }

    /// <summary>Adds just under half a unit of the upper 16 bits, or exactly half where those are odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToBF16(Vector512<uint> bits) => bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512<uint>.One);
}
