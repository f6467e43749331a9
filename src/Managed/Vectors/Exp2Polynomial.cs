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

    /// <summary>On [−½, ½], relative error 9.1e-8; coefficients of r^k, constants so that GPU kernels can share them.</summary>
    internal const double Centred1 = 0.693146977599;
    internal const double Centred2 = 0.240222420854;
    internal const double Centred3 = 0.0555073374347;
    internal const double Centred4 = 0.00967151263996;
    internal const double Centred5 = 0.00132647271401;

    /// <summary>On [−½, ½], relative error 3.4e-18.</summary>
    internal const double Wide1 = 0.69314718055994532581;
    internal const double Wide2 = 0.2402265069591013126;
    internal const double Wide3 = 0.055504108664820083227;
    internal const double Wide4 = 0.0096181291075941200896;
    internal const double Wide5 = 0.0013333558146774620517;
    internal const double Wide6 = 0.0001540353045711209086;
    internal const double Wide7 = 0.000015252733493127489347;
    internal const double Wide8 = 1.3215435282308487999e-6;
    internal const double Wide9 = 1.0178199571842137974e-7;
    internal const double Wide10 = 7.0737832485031332991e-9;
    internal const double Wide11 = 4.4347712982003767083e-10;

    /// <summary>Coefficient of r^k at index k.</summary>
    internal static ReadOnlySpan<double> F32Centred => [1, Centred1, Centred2, Centred3, Centred4, Centred5];

    /// <summary>Coefficient of r^k at index k.</summary>
    internal static ReadOnlySpan<double> F64 => [1, Wide1, Wide2, Wide3, Wide4, Wide5, Wide6, Wide7, Wide8, Wide9, Wide10, Wide11];
}
