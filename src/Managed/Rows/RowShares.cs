using System;

namespace Equipoise.Rows;

/// <summary>
/// How the rows of a batch go to the workers: several short rows to an item, long rows one by one, and where rows are few and long the
/// pieces of one row after the other.
/// </summary>
internal readonly unsafe struct RowShares
{
    /// <summary>Columns of all passes that a worker takes at a time, at the least.</summary>
    private const long SmallestItem = 1L << 14;

    private readonly long rows;
    private readonly long rowsPerItem;

    /// <param name="rows">Rows of the batch.</param>
    /// <param name="columns">Real columns.</param>
    /// <param name="asked">The caller's number of threads; 0 = as many as pay.</param>
    /// <param name="smallestShared">Columns of all passes below which waking a worker costs more than it saves.</param>
    /// <param name="passes">How many times as much as a sweep or two over a pair of rows a row costs.</param>
    internal RowShares(long rows, long columns, int asked, long smallestShared, long passes = 1)
    {
        int threads = rows * columns * passes < smallestShared ? 1 : Workers.CountFor(asked);
        bool isSplit = threads > 1 && rows < 2 * threads && columns > Blocks.PieceColumns;
        this.rows = rows;
        rowsPerItem = Math.Max(1, SmallestItem / Math.Max(1, columns * passes));
        ThreadsPerRow = isSplit ? threads : 1;
        Threads = isSplit ? 1 : threads;
    }

    /// <summary>Workers that share the pieces of one row.</summary>
    private int ThreadsPerRow { get; }

    /// <summary>Workers that share the items.</summary>
    private int Threads { get; }

    private long Items => (rows + rowsPerItem - 1) / rowsPerItem;

    /// <summary>Calls <paramref name="body"/>(job, row, <see cref="ThreadsPerRow"/>) for every row.</summary>
    internal void ForEachRow<TJob>(TJob* job, delegate*<TJob*, long, int, void> body)
        where TJob : unmanaged
    {
        Walk<TJob> walk = new() { Job = job, Body = body, Shares = this };
        Workers.Run(Items, Threads, &Walk<TJob>.Item, &walk);
    }

    private struct Walk<TJob>
        where TJob : unmanaged
    {
        internal TJob* Job;
        internal delegate*<TJob*, long, int, void> Body;
        internal RowShares Shares;

        internal static void Item(void* argument, long item)
        {
            Walk<TJob>* walk = (Walk<TJob>*)argument;
            long begin = item * walk->Shares.rowsPerItem, end = Math.Min(begin + walk->Shares.rowsPerItem, walk->Shares.rows);
            for (long row = begin; row < end; row++)
            {
                walk->Body(walk->Job, row, walk->Shares.ThreadsPerRow);
            }
        }
    }
}
