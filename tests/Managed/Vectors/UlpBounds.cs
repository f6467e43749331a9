namespace Equipoise.Tests.Vectors;

/// <summary>The errors that docs/accuracy.md states, in ULP, at 128, 256 and 512 bits; one line a case of <c>UlpTable</c>.</summary>
internal static class UlpBounds
{
    public static double[][] F32 { get; } =
    [
        [2.7, 2.4, 2.4], // Exp2 on [-126, -1]
        [3.1, 2.75, 3.1], // Exp2 on [-1, 0]
        [2.8, 2.4, 2.4], // Exp2 on [0, 127]
        [45, 2.15, 47], // Exp2OfProduct on [-173, -32]
        [12, 2.15, 13.2], // Exp2OfProduct on [-32, -4]
        [3.3, 2.15, 3.65], // Exp2OfProduct on [-4, 0]
        [1.05, 0.55, 0.55], // Log of subnormal numbers: without a fused multiply-add twice the error
        [1.95, 1.9, 1.9], // Log below 1
        [2.6, 2.5, 2.5], // Log above 1
    ];

    public static double[][] F64 { get; } =
    [
        [1.3, 1.05, 1.05], // Exp2 on [-1020, -1]
        [1.3, 1.05, 1.05], // Exp2 on [-1, 0]
        [1.3, 1.05, 1.05], // Exp2 on [0, 1020]
        [357, 357, 357], // Exp2OfProduct on [-1400, -32]
        [13, 13, 13], // Exp2OfProduct on [-32, 0]
        [2.8, 2.8, 2.8], // Log below 1
        [2.8, 2.8, 2.8], // Log above 1
    ];
}
