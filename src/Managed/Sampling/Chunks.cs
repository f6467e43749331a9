using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>
/// The runs of columns whose masses are kept while a row is drawn from: a draw finds its chunk by them, and only that chunk is computed
/// again.
/// </summary>
internal static class Chunks
{
    internal const int Columns = Blocks.ChunkColumns;

    /// <summary>Within the chunk that a draw opens, runs that are summed side by side.</summary>
    internal const int GroupColumns = 16;

    internal const int Groups = Columns / GroupColumns;

    internal const int InPiece = Blocks.PieceColumns / Columns;

    internal static int CountOf(nint columns) => (int)((columns + Columns - 1) / Columns);

    internal static int WidthOf(int chunk, nint columns) => (int)nint.Min(Columns, columns - ((nint)chunk * Columns));
}
