using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>How <see cref="PartialStatistics"/> reads a tile; the layout of <c>eqp_partial_options</c>. Start from <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct PartialOptions
{
    /// <summary>sizeof(PartialOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>How many leading columns of the tile are real; 0 = all, and both widths must agree.</summary>
    public long ValidColumns;

    /// <summary>Divides theta's logits; finite, &gt; 0; the same for all tiles of a row.</summary>
    public double TemperatureTheta;

    /// <summary>Divides target's logits; finite, &gt; 0; the same for all tiles of a row.</summary>
    public double TemperatureTarget;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureTheta"/>.</summary>
    public double* RowTemperatureTheta;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureTarget"/>.</summary>
    public double* RowTemperatureTarget;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>Of α, and of |KL_θ − KL_t| relative to max(1, KL); 0 = 1e-9 for rows with f64 tiles, 1e-6 for others.</summary>
    public double Tolerance;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Temperature 1, all columns, all rows, all cores.</summary>
    public static PartialOptions Default => new() { StructSize = (nuint)sizeof(PartialOptions), TemperatureTheta = 1, TemperatureTarget = 1 };
}
