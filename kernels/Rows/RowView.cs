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

    /// <summary>Bytes by which an octet's address is past a multiple of 16: the same for every octet of the row.</summary>
    internal int Phase;

    internal static RowView Of(ArrayView<byte> bytes, DeviceMatrix matrix, long row)
    {
        RowView view = default;
        long start = matrix.Start + (((row / matrix.GroupRows * matrix.GroupStride) + (row % matrix.GroupRows * matrix.RowStride)) * matrix.ElementSize);
        view.Bytes = bytes;
        view.Start = start;
        view.Type = matrix.Type;
        view.ElementSize = matrix.ElementSize;
        view.Phase = (int)((matrix.Misalignment + start) & 15);
        return view;
    }

    /// <summary>Scores [column, column + 8) in f32, −∞ from <paramref name="end"/> on.</summary>
    internal readonly Octet<float> Load32(long column, long end, int scores)
    {
        Octet<float> octet = default;

        // Off the alignment, the accesses reach into neighbours, which must be the row's own.
        bool isWide = Phase == 0 ? column + 8 <= end : column >= 8 && column + 16 <= end;
        if (isWide && Type != (int)DType.F64)
        {
            Octet<int> words = Words(Start + (column * ElementSize));
            if (Type == (int)DType.F32)
            {
                for (int i = 0; i < 8; i++)
                {
                    octet.Push(Interop.IntAsFloat((uint)words.V0));
                    words.Push(0);
                }
            }
            else
            {
                for (int i = 0; i < 4; i++)
                {
                    // A row that begins within a word has its pairs across two.
                    int next = words.V1, pair = (Phase & 2) == 0 ? words.V0 : ((words.V0 >> 16) & 0xFFFF) | (next << 16);
                    octet.Push(Half(pair & 0xFFFF));
                    octet.Push(Half((pair >> 16) & 0xFFFF));
                    words.Push(0);
                }
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
    internal readonly Octet<double> Load(long column, long end, int scores, double epsilon)
    {
        Octet<double> octet = default;
        if (Type == (int)DType.F64)
        {
            octet = LoadWide(column, end);
        }
        else
        {
            Octet<float> narrow = Load32(column, end, (int)Scores.Logits);
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

    /// <summary>Elements of f64, two at a time but for those before and after the alignment.</summary>
    private readonly Octet<double> LoadWide(long column, long end)
    {
        Octet<double> octet = default;
        bool isWide = (Phase & 7) == 0 && column + 8 <= end;
        int odd = isWide ? Phase >> 3 : 8;
        for (int i = 0; i < odd; i++)
        {
            octet.Push(column + i < end ? At(column + i) : double.NegativeInfinity);
        }

        for (int i = odd; i < 7; i += 2)
        {
            Quad pair = Wide(Start + ((column + i) * 8));
            octet.Push(Joined(pair.X, pair.Y));
            octet.Push(Joined(pair.Z, pair.W));
        }

        if (odd == 1)
        {
            octet.Push(At(column + 7));
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
            return Joined(Word(at), Word(at + 4));
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
    internal readonly void Store32(long column, long end, Octet<float> octet)
    {
        bool isWhole = column + 8 <= end;
        if (Phase == 0 && isWhole && Type != (int)DType.F64)
        {
            StoreWide(Start + (column * ElementSize), octet);
            return;
        }

        // Of f32, four lie between two multiples of 16.
        bool hasMiddle = isWhole && Type == (int)DType.F32;
        int first = 4 - (Phase >> 2);
        Quad middle = default;
        for (int i = 0; i < 8; i++)
        {
            bool isMiddle = hasMiddle && i >= first && i < first + 4;
            if (isMiddle)
            {
                middle.Push((int)Interop.FloatAsInt(octet.V0));
            }
            else if (column + i < end)
            {
                Put(column + i, octet.V0);
            }

            octet.Push(0);
        }

        if (hasMiddle)
        {
            StoreQuad(Start + ((column + first) * 4), middle);
        }
    }

    /// <summary>The same from f64.</summary>
    internal readonly void Store(long column, long end, Octet<double> octet)
    {
        if (Type != (int)DType.F64)
        {
            Octet<float> narrow = default;
            for (int i = 0; i < 8; i++)
            {
                narrow.Push((float)octet.V0);
                octet.Push(0);
            }

            Store32(column, end, narrow);
            return;
        }

        bool isWide = (Phase & 7) == 0 && column + 8 <= end;
        int odd = isWide ? Phase >> 3 : 8;
        Quad pair = default;
        for (int i = 0; i < 8; i++)
        {
            ulong bits = Interop.FloatAsInt(octet.V0);
            pair.Push((int)(uint)bits);
            pair.Push((int)(uint)(bits >> 32));
            bool isMiddle = i >= odd && i < 8 - odd;
            if (isMiddle && ((i - odd) & 1) != 0)
            {
                StoreQuad(Start + ((column + i - 1) * 8), pair);
            }
            else if (!isMiddle && column + i < end)
            {
                Put(column + i, octet.V0);
            }

            octet.Push(0);
        }
    }

    private readonly void StoreWide(long at, Octet<float> octet)
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
            StoreQuad(at + 16, high);
        }
        else
        {
            low.X = ToHalf(octet.V0) | (ToHalf(octet.V1) << 16);
            low.Y = ToHalf(octet.V2) | (ToHalf(octet.V3) << 16);
            low.Z = ToHalf(octet.V4) | (ToHalf(octet.V5) << 16);
            low.W = ToHalf(octet.V6) | (ToHalf(octet.V7) << 16);
        }

        StoreQuad(at, low);
    }

    /// <summary>The words of an octet from its first on: aligned accesses, whatever lies before the octet dropped.</summary>
    private readonly Octet<int> Words(long at)
    {
        bool isF32 = Type == (int)DType.F32;
        Quad low = Wide(at - Phase), high = default, rest = default;
        if (isF32 || Phase != 0)
        {
            high = Wide(at - Phase + 16);
        }

        if (isF32 && Phase != 0)
        {
            rest = Wide(at - Phase + 32);
        }

        Octet<int> words = default;
        words.V0 = low.X;
        words.V1 = low.Y;
        words.V2 = low.Z;
        words.V3 = low.W;
        words.V4 = high.X;
        words.V5 = high.Y;
        words.V6 = high.Z;
        words.V7 = high.W;
        for (int i = 0; i < Phase >> 2; i++)
        {
            words.Push(rest.X);
            rest.Push(0);
        }

        return words;
    }

    private static double Joined(int low, int high) => Interop.IntAsFloat((uint)low | ((ulong)(uint)high << 32));

    private readonly void StoreQuad(long at, Quad quad) => Bytes.SubView(at, 16).AsAligned16().Cast<Quad>()[0] = quad;

    private readonly Quad Wide(long at) => Bytes.SubView(at, 16).AsAligned16().Cast<Quad>()[0];

    private readonly int Word(long at) => Bytes.SubView(at, 4).Cast<int>()[0];

    private readonly float Half(int bits) => Type == (int)DType.BF16 ? Element.FromBF16(bits) : Element.FromF16(bits);

    private readonly int ToHalf(float value) => Type == (int)DType.BF16 ? Element.ToBF16(value) : Element.ToF16(value);
}
