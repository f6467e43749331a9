namespace Equipoise.Sampling;

/// <summary>
/// Philox4x32-10, counter-based random numbers: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A
/// number is a function of (seed, stream, offset) alone, so whoever computes it, in whatever order, gets the same. No memory and no lanes:
/// device kernels compile this very file.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;

    private const uint FirstMultiplier = 0xD2511F53, SecondMultiplier = 0xCD9E8D57;

    private const uint FirstWeyl = 0x9E3779B9, SecondWeyl = 0xBB67AE85;

    /// <summary>2^−52.</summary>
    private const double Unit = 1.0 / (1UL << 52);

    /// <summary>The 128 bits of a place in a stream: the seed is the key, (offset, stream) the counter, low words first.</summary>
    internal static PhiloxBlock At(ulong seed, ulong stream, ulong offset) =>
        Mix((uint)offset, (uint)(offset >> 32), (uint)stream, (uint)(stream >> 32), (uint)seed, (uint)(seed >> 32));

    /// <summary>The generator as published: four counter words, two key words.</summary>
    internal static PhiloxBlock Mix(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong first = (ulong)FirstMultiplier * c0, second = (ulong)SecondMultiplier * c2;
            c0 = (uint)(second >> 32) ^ c1 ^ k0;
            c2 = (uint)(first >> 32) ^ c3 ^ k1;
            c1 = (uint)second;
            c3 = (uint)first;
            k0 = unchecked(k0 + FirstWeyl);
            k1 = unchecked(k1 + SecondWeyl);
        }

        return new PhiloxBlock(c0, c1, c2, c3);
    }

    /// <summary>
    /// 64 random bits as a number in the open interval (0, 1): an odd multiple of 2^−53, so that neither u nor 1 − u is ever 0.
    /// </summary>
    internal static double Uniform(uint low, uint high) => ((((ulong)high << 20) | (low >> 12)) + 0.5) * Unit;
}
