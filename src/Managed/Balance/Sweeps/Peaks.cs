namespace Equipoise.Balance;

/// <summary>When one weight is too much for f32 sums.</summary>
internal static class Peaks
{
    /// <summary>A weight over this share of its block's or chunk's sum swamps the rest of its lane …</summary>
    internal const double Share = 0.2;

    /// <summary>… which matters in one over this share of the piece.</summary>
    internal const double BlockShare = 0.1;
}
