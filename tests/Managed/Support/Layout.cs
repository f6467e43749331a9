namespace Equipoise.Tests.Support;

/// <summary>How a matrix lies in memory.</summary>
/// <param name="Edge">The guard page that it touches.</param>
/// <param name="Offset">Elements left free between the buffer's start and the first row, or the last row and its end.</param>
/// <param name="Gap">Elements between one row's columns and the next row.</param>
/// <param name="Group">Rows in a group; 0 = one group.</param>
/// <param name="GroupGap">Elements between one group and the next.</param>
/// <param name="Padding">Columns beyond the valid ones, which belong to the matrix and hold NaN.</param>
internal readonly record struct Layout(Edge Edge = Edge.End, int Offset = 0, int Gap = 0, int Group = 0, int GroupGap = 0, int Padding = 0);
