using System.Runtime.CompilerServices;

namespace Equipoise.Rows;

/// <summary>
/// The text of a requirement that is not met. One that is met formats and allocates nothing: a check costs its comparison.
/// </summary>
[InterpolatedStringHandler]
internal ref struct RequirementText
{
    private DefaultInterpolatedStringHandler text;

    /// <summary>Called by the compiler, with the requirement.</summary>
    public RequirementText(int literalLength, int formattedCount, bool isMet, out bool isWanted)
    {
        isWanted = !isMet;
        text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    /// <summary>The whole text.</summary>
    public string Finish() => text.ToStringAndClear();
}
