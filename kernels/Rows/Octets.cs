namespace Equipoise.Kernels;

/// <summary>Eight neighbours of a row. A thread takes the first and moves on to the next: kernels have no arrays of their own.</summary>
internal struct Octet<T>
    where T : unmanaged
{
    internal T V0;
    internal T V1;
    internal T V2;
    internal T V3;
    internal T V4;
    internal T V5;
    internal T V6;
    internal T V7;

    /// <summary>Appends a value; the first one drops out.</summary>
    internal void Push(T value)
    {
        V0 = V1;
        V1 = V2;
        V2 = V3;
        V3 = V4;
        V4 = V5;
        V5 = V6;
        V6 = V7;
        V7 = value;
    }
}

/// <summary>What one wide access moves.</summary>
internal struct Quad
{
    internal int X;
    internal int Y;
    internal int Z;
    internal int W;

    /// <summary>Appends a word; the first one drops out.</summary>
    internal void Push(int word)
    {
        X = Y;
        Y = Z;
        Z = W;
        W = word;
    }
}
