using System;
using Equipoise.Balance;

namespace Equipoise.Sampling;

/// <summary>Draws with replacement: each by the inverse of q's cumulative sums at a uniform number of its own.</summary>
internal static unsafe class RowSampler
{
    /// <summary>Draws that are sorted together, so that a chunk is opened once for all of them.</summary>
    internal const int Group = 4096;

    /// <summary>Fewer draws than this are looked up as they come.</summary>
    private const int SmallestSorted = 16;

    /// <summary>Bytes for the places of a group.</summary>
    internal static nint SizeOf(long count) => (nint)Math.Min(count, Group) * (sizeof(double) + sizeof(int));

    internal static void Draw(DrawRow* row, in SampleJob job, long index, in TokenLogs logs, byte* memory)
    {
        int size = (int)Math.Min(job.Options.Count, Group);
        Span<double> places = new(memory, size);
        Span<int> order = new(memory + (size * (nint)sizeof(double)), size);
        for (long first = 0; first < job.Options.Count; first += Group)
        {
            int count = (int)Math.Min(Group, job.Options.Count - first);
            Place(places[..count], order[..count], job, index, first, row->Total);
            for (int i = 0; i < count; i++)
            {
                nint token = row->Find(places[i]);
                SampleOutputs.Store(job, index, first + order[i], logs.Of(*row, token));
            }
        }
    }

    private static void Place(Span<double> places, Span<int> order, in SampleJob job, long index, long first, double total)
    {
        ulong stream = job.StreamOf(index), offset = unchecked(job.Options.Offset + (ulong)first);
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = Math.Min(Philox.At(job.Options.Seed, stream, unchecked(offset + (ulong)i)).First * total, Math.BitDecrement(total));
            order[i] = i;
        }

        if (places.Length >= SmallestSorted)
        {
            places.Sort(order);
        }
    }
}
