namespace Equipoise.Rows;

/// <summary>Stores into the caller's outputs, of which those that are null are not wanted.</summary>
internal static unsafe class Output
{
    internal static void Put<T>(T* output, long place, T value)
        where T : unmanaged
    {
        if (output != null)
        {
            output[place] = value;
        }
    }
}
