namespace Equipoise.Rows;

/// <summary>How a row is cut. Sums are taken block by block and piece by piece in fixed order, whoever computes them.</summary>
internal static class Blocks
{
    /// <summary>Columns of a block: both policies' f32 blocks and the scratch fit in the first-level cache.</summary>
    internal const int Columns = 2048;

    /// <summary>Columns of a chunk, the part of a block that is summed again in f64 where one weight dominates it.</summary>
    internal const int ChunkColumns = Columns / 8;

    /// <summary>Blocks of a piece.</summary>
    internal const int InPiece = 16;

    /// <summary>Columns of a piece, the share of a row that one worker takes.</summary>
    internal const int PieceColumns = InPiece * Columns;
}
