using System;

namespace Equipoise.Sampling;

/// <summary>
/// Draws without replacement as a race of exponential clocks, one per token at rate q: who comes first, second, … The next arrival is that
/// of the fastest of all left, so nothing per token is drawn; minus the logarithm of the times are the perturbed log-probabilities of Gumbel
/// top-k, which this is in distribution.
/// </summary>
internal static unsafe class Race
{
    /// <summary>Bytes for the tokens drawn, and for a bit of each column.</summary>
    internal static nint SizeOf(long count, nint columns) => ((nint)Math.Min(count, columns) + ((columns + 63) / 64)) * sizeof(long);

    internal static void Draw(DrawRow* row, in SampleJob job, long index, in TokenLogs logs, byte* memory)
    {
        nint columns = row->Row.Columns;
        long most = Math.Min(job.Options.Count, columns);
        long* tokens = (long*)memory;
        row->Drawn = (ulong*)(tokens + most);
        new Span<ulong>(row->Drawn, (int)((columns + 63) / 64)).Clear();
        double threshold = Run(row, job, index, tokens, most, out long drawn);
        for (long draw = 0; draw < job.Options.Count; draw++)
        {
            SampleOutputs.Store(
                job, index, draw, draw < drawn ? Included(logs.Of(*row, (nint)tokens[draw]), threshold) : TokenLog.None(double.NegativeInfinity));
        }
    }

    private static TokenLog Included(TokenLog token, double threshold)
    {
        token.Inclusion = Math.Min(0, Math.Log(Arrived(Math.Exp(token.Q) * threshold)));
        return token;
    }

    /// <summary>The time at which the next token would come: +∞ where there is none.</summary>
    private static double Run(DrawRow* row, in SampleJob job, long index, long* tokens, long most, out long drawn)
    {
        double time = 0, all = row->Total;
        ulong stream = job.StreamOf(index);
        for (drawn = 0; ; drawn++)
        {
            double left = row->Total;
            PhiloxBlock numbers = Philox.At(job.Options.Seed, stream, unchecked(job.Options.Offset + (ulong)drawn));
            time -= Math.Log(numbers.Second) * all / left;
            if (left == 0 || drawn == most)
            {
                return time;
            }

            nint token = row->Find(Math.Min(numbers.First * left, Math.BitDecrement(left)));
            tokens[drawn] = token;
            row->Remove(token);
        }
    }

    /// <summary>1 − exp(−x), the probability to have come, for x ≥ 0.</summary>
    private static double Arrived(double x) => x > 40 ? 1 : 2 * Math.Exp(-x / 2) * Math.Sinh(x / 2);
}
