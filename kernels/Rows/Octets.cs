using ILGPU;

namespace Equipoise.Kernels;

/// <summary>Eight neighbouring scores of a row. A thread takes its first and moves on to the next: kernels have no arrays of their own.</summary>
internal struct Octet
{
    internal double V0;
    internal double V1;
    internal double V2;
    internal double V3;
    internal double V4;
    internal double V5;
    internal double V6;
    internal double V7;

    /// <summary>Appends a value; the first one drops out.</summary>
    internal void Push(double value)
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

/// <summary>The same in f32.</summary>
internal struct Octet32
{
    internal float V0;
    internal float V1;
    internal float V2;
    internal float V3;
    internal float V4;
    internal float V5;
    internal float V6;
    internal float V7;

    internal void Push(float value)
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

    internal readonly float Largest()
    {
        float first = IntrinsicMath.Max(IntrinsicMath.Max(V0, V1), IntrinsicMath.Max(V2, V3));
        return IntrinsicMath.Max(first, IntrinsicMath.Max(IntrinsicMath.Max(V4, V5), IntrinsicMath.Max(V6, V7)));
    }
}

/// <summary>What one wide access moves.</summary>
internal struct Quad
{
    internal int X;
    internal int Y;
    internal int Z;
    internal int W;
}
