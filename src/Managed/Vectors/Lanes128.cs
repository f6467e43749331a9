using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Equipoise.Vectors;

/// <summary>Lanes of a 128-bit register: SSE4.2, without fused multiply-add, or Neon.</summary>
internal readonly unsafe struct Lanes128<T> : ILanes<T, Vector128<T>>
    where T : unmanaged
{
    public static int Count => Vector128<T>.Count;

    public static ReadOnlySpan<double> ProductPolynomial => Exp2Polynomial.F32Centred;

    private static bool IsF32
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(double value) =>
        IsF32 ? Vector128.Create((float)value).As<float, T>() : Vector128.Create(value).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadF16(ushort* source)
    {
        // Sign and magnitude at their f32 places, the exponent mended by a multiplication, which is exact for subnormal numbers too.
        Vector128<int> bits = (Widen(source) << 16 >> 3) & Vector128.Create(Binary16.Mask);
        Vector128<float> value = bits.AsSingle() * Vector128.Create(Binary16.Rebias);
        Vector128<float> special = Vector128.GreaterThanOrEqual(Vector128.Abs(value), Vector128.Create(Binary16.FirstSpecial));
        return (value.AsInt32() | (special.AsInt32() & Vector128.Create(Binary16.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadBF16(ushort* source) => (Widen(source) << 16).As<int, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadEvenBF16(ushort* source) => (Vector128.Load((uint*)source) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadOddBF16(ushort* source) => (Vector128.Load((uint*)source) & Vector128.Create(0xffff0000u)).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadF32(float* source) =>
        IsF32 ? Vector128.Load(source).As<float, T>() : Vector128.Create((double)source[0], source[1]).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, Vector128<T> x) => x.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreF16(ushort* destination, Vector128<T> x)
    {
        Vector128<uint> bits = x.AsUInt32(), sign = bits & Vector128.Create(0x80000000u), size = bits ^ sign;
        Vector128<uint> odd = (size >> 13) & Vector128<uint>.One;
        Vector128<uint> normal = (size + Vector128.Create(Binary16.Unbias) + odd) >> 13;
        Vector128<uint> small = (size.AsSingle() + Vector128.Create(Binary16.SubnormalUnit)).AsUInt32() - Vector128.Create(Binary16.SubnormalUnit).AsUInt32();
        Vector128<uint> finite = Vector128.ConditionalSelect(Vector128.LessThan(size, Vector128.Create(Binary16.FirstNormal)), small, normal);
        Vector128<uint> all = Vector128.ConditionalSelect(
            Vector128.GreaterThanOrEqual(size, Vector128.Create(Binary16.FirstOverflow)), Vector128.Create(0x7c00u), finite);
        StoreLow16(destination, all | (sign >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, Vector128<T> x)
    {
        StoreLow16(destination, RoundToBF16(x.AsUInt32()) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInterleavedBF16(ushort* destination, Vector128<T> even, Vector128<T> odd)
    {
        Vector128<uint> low = RoundToBF16(even.AsUInt32()) >> 16, high = RoundToBF16(odd.AsUInt32()) & Vector128.Create(0xffff0000u);
        (low | high).Store((uint*)destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> x, Vector128<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Subtract(Vector128<T> x, Vector128<T> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Multiply(Vector128<T> x, Vector128<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Divide(Vector128<T> x, Vector128<T> y) => x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> x, Vector128<T> y, Vector128<T> z) => IsF32
        ? MultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : MultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Max(Vector128<T> x, Vector128<T> y) => Vector128.ConditionalSelect(Vector128.GreaterThan(x, y), x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsAboveMinusInfinity(Vector128<T> x) => Vector128.GreaterThan(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsMinusInfinity(Vector128<T> x) => Vector128.Equals(x, Broadcast(double.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsAtMost(Vector128<T> x, Vector128<T> y) => Vector128.LessThanOrEqual(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> And(Vector128<T> x, Vector128<T> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Select(Vector128<T> mask, Vector128<T> x, Vector128<T> y) => Vector128.ConditionalSelect(mask, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compress(T* destination, Vector128<T> x, Vector128<T> mask)
    {
        int count = 0;
        uint bits = mask.ExtractMostSignificantBits();
        for (int i = 0; i < Vector128<T>.Count; i++, bits >>= 1)
        {
            destination[count] = x.GetElement(i);
            count += (int)(bits & 1);
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector128<T> x)
    {
        Vector128<double> wide = IsF32 ? Vector128.WidenLower(x.AsSingle()) + Vector128.WidenUpper(x.AsSingle()) : x.AsDouble();
        return wide[0] + wide[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Vector128<T> x)
    {
        Vector128<double> wide = IsF32
            ? Lanes128<double>.Max(Vector128.WidenLower(x.AsSingle()), Vector128.WidenUpper(x.AsSingle()))
            : x.AsDouble();
        return wide[0] > wide[1] ? wide[0] : wide[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Exp2(Vector128<T> x, Vector128<T> c5, Vector128<T> c4, Vector128<T> c3, Vector128<T> c2, Vector128<T> c1, Vector128<T> c0)
    {
        if (!IsF32)
        {
            return Exp2(x.AsDouble()).As<double, T>();
        }

        Vector128<float> floor = Vector128.Floor(x.AsSingle()), r = x.AsSingle() - floor;
        Vector128<float> p = MultiplyAdd(c5.AsSingle(), r, c4.AsSingle());
        p = MultiplyAdd(p, r, c3.AsSingle());
        p = MultiplyAdd(p, r, c2.AsSingle());
        p = MultiplyAdd(p, r, c1.AsSingle());
        p = MultiplyAdd(p, r, c0.AsSingle());
        Vector128<int> scaled = p.AsInt32() + (Vector128.ConvertToInt32(floor) << 23);
        return (scaled & Vector128.GreaterThanOrEqual(floor, Vector128.Create(-126f)).AsInt32()).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Exp2OfProduct(
        Vector128<T> x, Vector128<T> scale, Vector128<T> lowest, Vector128<T> c5, Vector128<T> c4, Vector128<T> c3, Vector128<T> c2, Vector128<T> c1, Vector128<T> c0)
    {
        if (!IsF32)
        {
            return Exp2((x * scale).AsDouble()).As<double, T>();
        }

        Vector128<float> z = Max(lowest, x).AsSingle() * scale.AsSingle(), magic = Vector128.Create(Exp2Polynomial.RoundF32);
        Vector128<float> shifted = z + magic, r = z - (shifted - magic);
        Vector128<float> p = MultiplyAdd(c5.AsSingle(), r, c4.AsSingle());
        p = MultiplyAdd(p, r, c3.AsSingle());
        p = MultiplyAdd(p, r, c2.AsSingle());
        p = MultiplyAdd(p, r, c1.AsSingle());
        p = MultiplyAdd(p, r, c0.AsSingle());
        return (p.AsInt32() + (shifted.AsInt32() << 23)).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Log(Vector128<T> x) =>
        IsF32 ? Vector128.Log(x.AsSingle()).As<float, T>() : Vector128.Log(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Exp2(Vector128<double> x)
    {
        Vector128<double> magic = Vector128.Create(Exp2Polynomial.RoundF64), shifted = x + magic, n = shifted - magic;
        Vector128<double> r = x - n, p = Vector128.Create(Exp2Polynomial.F64[11]);
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[10]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[9]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[8]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[7]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[6]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[5]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[4]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[3]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[2]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[1]));
        p = MultiplyAdd(p, r, Vector128.Create(Exp2Polynomial.F64[0]));
        Vector128<long> scaled = p.AsInt64() + (shifted.AsInt64() << 52);
        return (scaled & Vector128.GreaterThanOrEqual(n, Vector128.Create(-1021.0)).AsInt64()).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) =>
        AdvSimd.IsSupported ? AdvSimd.FusedMultiplyAdd(z, x, y) : (x * y) + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> MultiplyAdd(Vector128<double> x, Vector128<double> y, Vector128<double> z) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.FusedMultiplyAdd(z, x, y) : (x * y) + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(ushort* source) =>
        Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(source)).AsUInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLow16(ushort* destination, Vector128<uint> x) =>
        Unsafe.WriteUnaligned(destination, Vector128.Narrow(x, x).AsUInt64()[0]);

    /// <summary>Adds just under half a unit of the upper 16 bits, or exactly half where those are odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundToBF16(Vector128<uint> bits) => bits + Vector128.Create(0x7fffu) + ((bits >> 16) & Vector128<uint>.One);
}
