using System.Runtime.CompilerServices;

namespace Equipoise.Rows;

/// <summary>The way back of <see cref="Staging{T, L, V, LF, VF}"/>: a block of f64 results into a row of any dtype.</summary>
internal static unsafe class Delivery
{
    internal static void Store(double* source, int count, void* row, DType type, nint begin)
    {
        switch (type)
        {
            case DType.F64:
                Unsafe.CopyBlockUnaligned((double*)row + begin, source, (uint)(count * sizeof(double)));
                break;
            case DType.F32:
                Store<F32Element>(source, count, row, begin);
                break;
            case DType.F16:
                Store<F16Element>(source, count, row, begin);
                break;
            default:
                Store<BF16Element>(source, count, row, begin);
                break;
        }
    }

    private static void Store<E>(double* source, int count, void* row, nint begin)
        where E : struct, IElement
    {
        for (int i = 0; i < count; i++)
        {
            E.Store(row, begin + i, source[i]);
        }
    }
}
