using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Equipoise.Vectors;
using Xunit;

namespace Equipoise.Tests.Vectors;

/// <summary>Lanes whose mask is set come first and in order, for every mask of a register.</summary>
public static unsafe class CompressTests
{
    [Fact]
    public static void KeepsTheLanesOfEveryMaskInOrder()
    {
        Try<float, Lanes128<float>, Vector128<float>>(i => i);
        Try<double, Lanes128<double>, Vector128<double>>(i => i);
        if (Avx2.IsSupported)
        {
            Try<float, Lanes256<float>, Vector256<float>>(i => i);
            Try<double, Lanes256<double>, Vector256<double>>(i => i);
        }

        if (Avx512DQ.IsSupported)
        {
            Try<float, Lanes512<float>, Vector512<float>>(i => i);
            Try<double, Lanes512<double>, Vector512<double>>(i => i);
        }
    }

    private static void Try<T, L, V>(Func<int, T> number)
        where T : unmanaged
        where L : struct, ILanes<T, V>
        where V : struct
    {
        T* values = stackalloc T[L.Count], bounds = stackalloc T[L.Count], found = stackalloc T[2 * L.Count];
        for (int mask = 0; mask < 1 << L.Count; mask++)
        {
            List<T> expected = [];
            for (int i = 0; i < L.Count; i++)
            {
                values[i] = number(i + 1);
                bounds[i] = number((mask >> i & 1) * 100);
                if ((mask >> i & 1) != 0)
                {
                    expected.Add(values[i]);
                }
            }

            V x = L.Load(values);
            int count = L.Compress(found, x, L.IsAtMost(x, L.Load(bounds)));
            Assert.Equal(expected.ToArray(), new ReadOnlySpan<T>(found, count).ToArray());
        }
    }
}
