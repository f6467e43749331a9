using System;

namespace Equipoise.Vectors;

/// <summary>
/// Minimax polynomials of 2^r (Remez, relative error), constrained to be exactly 1 at 0: the weight of a row's largest score must be
/// exactly 1 in both policies, or its error lands in log Z.
/// </summary>
internal static class Exp2Polynomial
{
    /// <summary>1.5 · 2^23: adding it rounds an f32 to nearest and leaves the integer in the lowest bits.</summary>
    internal const float RoundF32 = 12582912f;

    /// <summary>1.5 · 2^52: the same for f64.</summary>
    internal const double RoundF64 = 6755399441055744.0;

    /// <summary>On [0, 1), coefficient of r^k at index k; relative error 8.2e-8.</summary>
    internal static ReadOnlySpan<double> F32 =>
        [1, 0.693151311808, 0.240164450136, 0.055799913146, 0.00901703028444, 0.00186713008191];

    /// <summary>On [−½, ½], coefficient of r^k at index k; relative error 9.1e-8.</summary>
    internal static ReadOnlySpan<double> F32Centred =>
        [1, 0.693146977599, 0.240222420854, 0.0555073374347, 0.00967151263996, 0.00132647271401];

    /// <summary>On [−½, ½], coefficient of r^k at index k; relative error 3.4e-18.</summary>
    internal static ReadOnlySpan<double> F64 =>
    [
        1, 0.69314718055994532581, 0.2402265069591013126, 0.055504108664820083227, 0.0096181291075941200896, 0.0013333558146774620517,
        0.0001540353045711209086, 0.000015252733493127489347, 1.3215435282308487999e-6, 1.0178199571842137974e-7,
        7.0737832485031332991e-9, 4.4347712982003767083e-10,
    ];
}
