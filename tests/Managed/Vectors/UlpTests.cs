using System.Collections.Generic;
using System.Linq;
using Equipoise.Tests.Vectors.Measurement;
using Xunit;

namespace Equipoise.Tests.Vectors;

/// <summary>
/// The errors that docs/accuracy.md states, over samples of every range at every width that runs here; `dotnet run --project bench/Managed
/// -- ulp` measures all f32 numbers.
/// </summary>
/// <remarks>
/// What is allowed is what all f32 numbers gave, rounded up. 2^x: the polynomial, the rounding of the argument's fraction and that of
/// Horner's steps, each up to about 0.7 ULP, and twice that where the result lies just below a power of two, whose ULP is half of the
/// last sum's. Where the product x · scale is rounded before it is split (128 and 512 bits, f64), the rounding grows with the exponent:
/// |x · scale| / 2 · ln 2 ULP and no more, which is what rounding the score x itself costs.
/// </remarks>
public class UlpTests
{
    private const int Stride = 1009;
    private const int Samples = 20000;

    public static TheoryData<int> OfF32 => [.. Enumerable.Range(0, UlpTable.F32.Count)];

    public static TheoryData<int> OfF64 => [.. Enumerable.Range(0, UlpTable.F64.Count)];

    [Theory]
    [MemberData(nameof(OfF32))]
    public void F32_functions_are_within_their_stated_error(int place)
    {
        UlpCase<float> range = UlpTable.F32[place];
        Assert.True(Inputs.Count(range.Low, range.High, Stride) > 1000);
        AllWithin(UlpTable.Measure(range, Stride), UlpBounds.F32[place]);
    }

    [Theory]
    [MemberData(nameof(OfF64))]
    public void F64_functions_are_within_their_stated_error(int place) =>
        AllWithin(UlpTable.Measure(UlpTable.F64[place], Samples, seed: 1), UlpBounds.F64[place]);

    private static void AllWithin(IEnumerable<UlpLine> lines, double[] allowed)
    {
        foreach ((UlpLine line, double bound) in lines.Zip(allowed))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{line.Name}: {line.Error.Largest:F3} ULP at {line.Error.At:R}");
            Assert.True(line.Error.Largest <= bound, $"{line.Name}: {line.Error.Largest:F3} ULP at {line.Error.At:R}, {bound} are stated");
        }
    }
}
