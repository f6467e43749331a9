using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Equipoise.Vectors;

/// <summary>Lanes of a 256-bit register: AVX2 and FMA.</summary>
internal readonly unsafe struct Lanes256<T> : ILanes<T, Vector256<T>>
    where T : unmanaged
{
    public static int Count => Vector256<T>.Count;

    public static ReadOnlySpan<double> ProductPolynomial => Exp2Polynomial.F32Centred;

    private static bool IsF32
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(double value) =>
        IsF32 ? Vector256.Create((float)value).As<float, T>() : Vector256.Create(value).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadF16(ushort* source)
    {
        // Sign and magnitude at their f32 places, the exponent mended by a multiplication, which is exact for subnormal numbers too.
        Vector256<int> bits = (Avx2.ConvertToVector256Int32((short*)source) << 13) & Vector256.Create(Binary16.Mask);
        Vector256<float> value = bits.AsSingle() * Vector256.Create(Binary16.Rebias);
        Vector256<float> special = Vector256.GreaterThanOrEqual(Vector256.Abs(value), Vector256.Create(Binary16.FirstSpecial));
        return (value.AsInt32() | (special.AsInt32() & Vector256.Create(Binary16.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadBF16(ushort* source) => (Avx2.ConvertToVector256Int32(source) << 16).As<int, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadEvenBF16(ushort* source) => (Vector256.Load((uint*)source) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadOddBF16(ushort* source) => (Vector256.Load((uint*)source) & Vector256.Create(0xffff0000u)).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadF32(float* source) =>
        IsF32 ? Vector256.Load(source).As<float, T>() : Avx.ConvertToVector256Double(Vector128.Load(source)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, Vector256<T> x) => x.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreF16(ushort* destination, Vector256<T> x)
    {
        Vector256<uint> bits = x.AsUInt32(), sign = bits & Vector256.Create(0x80000000u), size = bits ^ sign;
        Vector256<uint> odd = (size >> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (size + Vector256.Create(Binary16.Unbias) + odd) >> 13;
        Vector256<uint> small = (size.AsSingle() + Vector256.Create(Binary16.SubnormalUnit)).AsUInt32() - Vector256.Create(Binary16.SubnormalUnit).AsUInt32();
        Vector256<uint> finite = Vector256.ConditionalSelect(Vector256.LessThan(size, Vector256.Create(Binary16.FirstNormal)), small, normal);
        Vector256<uint> all = Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(size, Vector256.Create(Binary16.FirstOverflow)), Vector256.Create(0x7c00u), finite);
        StoreLow16(destination, all | (sign >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, Vector256<T> x)
    {
        StoreLow16(destination, RoundToBF16(x.AsUInt32()) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleavedBF16(ushort* destination, Vector256<T> even, Vector256<T> odd)
    {
        Vector256<uint> low = RoundToBF16(even.AsUInt32()) >> 16, high = RoundToBF16(odd.AsUInt32()) & Vector256.Create(0xffff0000u);
        (low | high).Store((uint*)destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> x, Vector256<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Subtract(Vector256<T> x, Vector256<T> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Multiply(Vector256<T> x, Vector256<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Divide(Vector256<T> x, Vector256<T> y) => x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> x, Vector256<T> y, Vector256<T> z) => IsF32
        ? Fma.MultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Fma.MultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Max(Vector256<T> x, Vector256<T> y) => IsF32
        ? Avx.Max(x.AsSingle(), y.AsSingle()).As<float, T>()
        : Avx.Max(x.AsDouble(), y.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> IsAboveMinusInfinity(Vector256<T> x) => Vector256.GreaterThan(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> IsMinusInfinity(Vector256<T> x) => Vector256.Equals(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> IsAtMost(Vector256<T> x, Vector256<T> y) => Vector256.LessThanOrEqual(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> And(Vector256<T> x, Vector256<T> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Select(Vector256<T> mask, Vector256<T> x, Vector256<T> y) => Vector256.ConditionalSelect(mask, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compress(T* destination, Vector256<T> x, Vector256<T> mask)
    {
        int low = Lanes128<T>.Compress(destination, x.GetLower(), mask.GetLower());
        return low + Lanes128<T>.Compress(destination + low, x.GetUpper(), mask.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector256<T> x)
    {
        Vector256<double> wide = IsF32
            ? Avx.ConvertToVector256Double(x.AsSingle().GetLower()) + Avx.ConvertToVector256Double(x.AsSingle().GetUpper())
            : x.AsDouble();
        return Lanes128<double>.Sum(wide.GetLower() + wide.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Vector256<T> x) => Lanes128<T>.Largest(Lanes128<T>.Max(x.GetLower(), x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp2(Vector256<T> x, Vector256<T> c5, Vector256<T> c4, Vector256<T> c3, Vector256<T> c2, Vector256<T> c1, Vector256<T> c0)
    {
        if (!IsF32)
        {
            return Exp2(x.AsDouble()).As<double, T>();
        }

        Vector256<float> floor = Avx.Floor(x.AsSingle()), r = x.AsSingle() - floor;
        Vector256<float> p = Fma.MultiplyAdd(c5.AsSingle(), r, c4.AsSingle());
        p = Fma.MultiplyAdd(p, r, c3.AsSingle());
        p = Fma.MultiplyAdd(p, r, c2.AsSingle());
        p = Fma.MultiplyAdd(p, r, c1.AsSingle());
        p = Fma.MultiplyAdd(p, r, c0.AsSingle());
        Vector256<int> scaled = p.AsInt32() + (Avx.ConvertToVector256Int32(floor) << 23);
        return (scaled & Avx.CompareGreaterThanOrEqual(floor, Vector256.Create(-126f)).AsInt32()).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp2OfProduct(
        Vector256<T> x, Vector256<T> scale, Vector256<T> lowest, Vector256<T> c5, Vector256<T> c4, Vector256<T> c3, Vector256<T> c2, Vector256<T> c1, Vector256<T> c0)
    {
        if (!IsF32)
        {
            return Exp2((x * scale).AsDouble()).As<double, T>();
        }

        Vector256<float> z = Avx.Max(lowest.AsSingle(), x.AsSingle()), magic = Vector256.Create(Exp2Polynomial.RoundF32);
        Vector256<float> shifted = Fma.MultiplyAdd(z, scale.AsSingle(), magic);
        Vector256<float> r = Fma.MultiplySubtract(z, scale.AsSingle(), shifted - magic);
        Vector256<float> p = Fma.MultiplyAdd(c5.AsSingle(), r, c4.AsSingle());
        p = Fma.MultiplyAdd(p, r, c3.AsSingle());
        p = Fma.MultiplyAdd(p, r, c2.AsSingle());
        p = Fma.MultiplyAdd(p, r, c1.AsSingle());
        p = Fma.MultiplyAdd(p, r, c0.AsSingle());
        return (p.AsInt32() + (shifted.AsInt32() << 23)).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Log(Vector256<T> x) =>
        IsF32 ? Vector256.Log(x.AsSingle()).As<float, T>() : Vector256.Log(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Exp2(Vector256<double> x)
    {
        Vector256<double> magic = Vector256.Create(Exp2Polynomial.RoundF64), shifted = x + magic, n = shifted - magic;
        Vector256<double> r = x - n, p = Vector256.Create(Exp2Polynomial.F64[11]);
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[10]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[9]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[8]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[7]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[6]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[5]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[4]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[3]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[2]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[1]));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(Exp2Polynomial.F64[0]));
        Vector256<long> scaled = p.AsInt64() + (shifted.AsInt64() << 52);
        return (scaled & Avx.CompareGreaterThanOrEqual(n, Vector256.Create(-1021.0)).AsInt64()).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLow16(ushort* destination, Vector256<uint> x) => Vector128.Narrow(x.GetLower(), x.GetUpper()).Store(destination);

    /// <summary>Adds just under half a unit of the upper 16 bits, or exactly half where those are odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundToBF16(Vector256<uint> bits) => bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One);
}
