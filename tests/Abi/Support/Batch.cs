using System;
using System.Runtime.InteropServices;
using Equipoise.Abi.Generated;

namespace Equipoise.Abi.Support;

/// <summary>A [rows, columns] matrix of any dtype in memory that the collector does not move.</summary>
internal sealed unsafe class Batch : IDisposable
{
    private readonly byte* data;

    /// <summary>A matrix of <paramref name="values"/>, rounded to the dtype; or of zeros.</summary>
    public Batch(eqp_dtype dtype, int rows, int columns, params ReadOnlySpan<double> values)
    {
        data = (byte*)NativeMemory.AllocZeroed((nuint)(rows * columns * SizeOf(dtype)) + 1);
        View = new() { data = data, dtype = dtype, rows = rows, columns = columns };
        for (int i = 0; i < values.Length; i++)
            this[i] = values[i];
    }

    /// <summary>What C gets to see.</summary>
    public eqp_matrix View { get; }

    /// <summary>An element, counted from the first of the first row.</summary>
    public double this[int i]
    {
        get => View.dtype switch
        {
            eqp_dtype.EQP_F32 => ((float*)data)[i],
            eqp_dtype.EQP_F64 => ((double*)data)[i],
            eqp_dtype.EQP_F16 => (double)((Half*)data)[i],
            _ => BitConverter.Int32BitsToSingle(((ushort*)data)[i] << 16),
        };

        private set
        {
            switch (View.dtype)
            {
                case eqp_dtype.EQP_F32: ((float*)data)[i] = (float)value; break;
                case eqp_dtype.EQP_F64: ((double*)data)[i] = value; break;
                case eqp_dtype.EQP_F16: ((Half*)data)[i] = (Half)value; break;
                default: ((ushort*)data)[i] = (ushort)(BitConverter.SingleToInt32Bits((float)value) >> 16); break;
            }
        }
    }

    /// <summary>Half a unit in the last place of a number just below 1, plus what f32 arithmetic leaves.</summary>
    public static double Rounding(eqp_dtype dtype) => dtype switch
    {
        eqp_dtype.EQP_F16 => 5e-4,
        eqp_dtype.EQP_BF16 => 4e-3,
        _ => 1e-6,
    };

    public void Dispose() => NativeMemory.Free(data);

    private static int SizeOf(eqp_dtype dtype) => dtype switch
    {
        eqp_dtype.EQP_F32 => 4,
        eqp_dtype.EQP_F64 => 8,
        _ => 2,
    };
}
