using Equipoise.Balance;
using Equipoise.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Equipoise.Kernels;

/// <summary>One row of a matrix: where it lies and how its elements are coded.</summary>
internal struct RowView
{
    internal ArrayView<byte> Bytes;

    /// <summary>Of the row's first element.</summary>
    internal long Start;

    internal int Type;
    internal int ElementSize;

    /// <summary>Wide accesses are allowed.</summary>
    internal int IsAligned;

    internal static RowView Of(ArrayView<byte> bytes, DeviceMatrix matrix, long row)
    {
        RowView view = default;
        long start = matrix.Start + (((row / matrix.GroupRows * matrix.GroupStride) + (row % matrix.GroupRows * matrix.RowStride)) * matrix.ElementSize);
        view.Bytes = bytes;
        view.Start = start;
        view.Type = matrix.Type;
        view.ElementSize = matrix.ElementSize;
        view.IsAligned = ((matrix.Misalignment + start) & 15) == 0 ? 1 : 0;
        return view;
    }

    /// <summary>Scores [column, column + 8) in f32, −∞ from <paramref name="end"/> on.</summary>
    internal readonly Octet32 Load32(long column, long end, int scores)
    {
        Octet32 octet = default;
        if (IsAligned != 0 && column + 8 <= end && Type != (int)DType.F64)
        {
            long at = Start + (column * ElementSize);
            Quad low = Wide(at);
            if (Type == (int)DType.F32)
            {
                Quad high = Wide(at + 16);
                octet.V0 = Interop.IntAsFloat((uint)low.X);
                octet.V1 = Interop.IntAsFloat((uint)low.Y);
                octet.V2 = Interop.IntAsFloat((uint)low.Z);
                octet.V3 = Interop.IntAsFloat((uint)low.W);
                octet.V4 = Interop.IntAsFloat((uint)high.X);
                octet.V5 = Interop.IntAsFloat((uint)high.Y);
                octet.V6 = Interop.IntAsFloat((uint)high.Z);
                octet.V7 = Interop.IntAsFloat((uint)high.W);
            }
            else
            {
                octet.V0 = Half(low.X & 0xFFFF);
                octet.V1 = Half((low.X >> 16) & 0xFFFF);
                octet.V2 = Half(low.Y & 0xFFFF);
                octet.V3 = Half((low.Y >> 16) & 0xFFFF);
                octet.V4 = Half(low.Z & 0xFFFF);
                octet.V5 = Half((low.Z >> 16) & 0xFFFF);
                octet.V6 = Half(low.W & 0xFFFF);
                octet.V7 = Half((low.W >> 16) & 0xFFFF);
            }
        }
        else
        {
            for (int i = 0; i < 8; i++)
            {
                octet.Push(column + i < end ? (float)At(column + i) : float.NegativeInfinity);
            }
        }

        if (scores == (int)Scores.Probs)
        {
            for (int i = 0; i < 8; i++)
            {
                octet.Push(octet.V0 > float.NegativeInfinity ? (float)Elementary.Log(octet.V0) : octet.V0);
            }
        }

        return octet;
    }

    /// <summary>Scores [column, column + 8) in f64, −∞ from <paramref name="end"/> on.</summary>
    internal readonly Octet Load(long column, long end, int scores, double epsilon)
    {
        Octet octet = default;
        if (Type == (int)DType.F64)
        {
            for (int i = 0; i < 8; i++)
            {
                octet.Push(column + i < end ? At(column + i) : double.NegativeInfinity);
            }
        }
        else
        {
            Octet32 narrow = Load32(column, end, (int)Scores.Logits);
            for (int i = 0; i < 8; i++)
            {
                octet.Push(narrow.V0);
                narrow.Push(0);
            }
        }

        if (scores == (int)Scores.Probs)
        {
            for (int i = 0; i < 8; i++)
            {
                octet.Push(column + i < end ? Elementary.Log(octet.V0 + epsilon) : double.NegativeInfinity);
            }
        }

        return octet;
    }

    /// <summary>One element as it is stored.</summary>
    internal readonly double At(long column)
    {
        long at = Start + (column * ElementSize);
        if (Type == (int)DType.F32)
        {
            return Interop.IntAsFloat((uint)Word(at));
        }

        if (Type == (int)DType.F64)
        {
            ulong low = (uint)Word(at), high = (uint)Word(at + 4);
            return Interop.IntAsFloat(low | (high << 32));
        }

        return Half(Bytes.SubView(at, 2).Cast<short>()[0] & 0xFFFF);
    }

    /// <summary>Stores an element, rounded to the row's type.</summary>
    internal readonly void Put(long column, double value)
    {
        long at = Start + (column * ElementSize);
        if (Type == (int)DType.F64)
        {
            ulong bits = Interop.FloatAsInt(value);
            Bytes.SubView(at, 4).Cast<int>()[0] = (int)(uint)bits;
            Bytes.SubView(at + 4, 4).Cast<int>()[0] = (int)(uint)(bits >> 32);
        }
        else if (Type == (int)DType.F32)
        {
            Bytes.SubView(at, 4).Cast<int>()[0] = (int)Interop.FloatAsInt((float)value);
        }
        else
        {
            Bytes.SubView(at, 2).Cast<short>()[0] = (short)ToHalf((float)value);
        }
    }

    /// <summary>Stores columns [column, column + 8), those before <paramref name="end"/>.</summary>
    internal readonly void Store32(long column, long end, Octet32 octet)
    {
        if (IsAligned != 0 && column + 8 <= end && Type != (int)DType.F64)
        {
            StoreWide(Start + (column * ElementSize), octet);
            return;
        }

        for (int i = 0; i < 8; i++)
        {
            if (column + i < end)
            {
                Put(column + i, octet.V0);
            }

            octet.Push(0);
        }
    }

    private readonly void StoreWide(long at, Octet32 octet)
    {
        Quad low = default;
        if (Type == (int)DType.F32)
        {
            low.X = (int)Interop.FloatAsInt(octet.V0);
            low.Y = (int)Interop.FloatAsInt(octet.V1);
            low.Z = (int)Interop.FloatAsInt(octet.V2);
            low.W = (int)Interop.FloatAsInt(octet.V3);
            Quad high = default;
            high.X = (int)Interop.FloatAsInt(octet.V4);
            high.Y = (int)Interop.FloatAsInt(octet.V5);
            high.Z = (int)Interop.FloatAsInt(octet.V6);
            high.W = (int)Interop.FloatAsInt(octet.V7);
            Bytes.SubView(at + 16, 16).AsAligned16().Cast<Quad>()[0] = high;
        }
        else
        {
            low.X = ToHalf(octet.V0) | (ToHalf(octet.V1) << 16);
            low.Y = ToHalf(octet.V2) | (ToHalf(octet.V3) << 16);
            low.Z = ToHalf(octet.V4) | (ToHalf(octet.V5) << 16);
            low.W = ToHalf(octet.V6) | (ToHalf(octet.V7) << 16);
        }

        Bytes.SubView(at, 16).AsAligned16().Cast<Quad>()[0] = low;
    }

    private readonly Quad Wide(long at) => Bytes.SubView(at, 16).AsAligned16().Cast<Quad>()[0];

    private readonly int Word(long at) => Bytes.SubView(at, 4).Cast<int>()[0];

    private readonly float Half(int bits) => Type == (int)DType.BF16 ? Element.FromBF16(bits) : Element.FromF16(bits);

    private readonly int ToHalf(float value) => Type == (int)DType.BF16 ? Element.ToBF16(value) : Element.ToF16(value);
}
