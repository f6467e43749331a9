using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Equipoise.Rows;

/// <summary>
/// The library's own threads. They are started by the first call that pays for them, sleep between calls, and hand out items by a counter,
/// so that which worker takes an item never shows in its result. One batch uses them at a time; a batch that finds them busy runs on its
/// caller alone.
/// </summary>
/// <remarks>A child of fork has no workers, and cannot have: it runs on its caller alone, too.</remarks>
internal static unsafe class Workers
{
    /// <summary>
    /// Turns of the waiting loop before a worker goes to sleep: about 20 µs, so that the sweeps of one row find it awake.
    /// </summary>
    private const int SpinTurns = 2000;

    private static Worker[] team = [];
    private static int busy;
    private static int owner;

    private static delegate*<void*, long, void> body;
    private static void* context;
    private static long items;
    private static long next;
    private static int running;
    private static Exception? failure;

    /// <summary>Workers that a call may use: the processors that this process may run on.</summary>
    internal static int Available { get; } = Environment.ProcessorCount;

    /// <summary>Threads that a request stands for: 0 = all processors; more than those, and more than a few, would only stand in each other's way.</summary>
    internal static int CountFor(int asked) => asked == 0 ? Available : Math.Min(asked, Math.Max(8, Available));

    /// <summary>Calls <paramref name="work"/>(context, i) for every i in [0, count), on up to <paramref name="threads"/> threads.</summary>
    internal static void Run(long count, int threads, delegate*<void*, long, void> work, void* argument)
    {
        int helpers = (int)Math.Min(threads, count) - 1;
        if (helpers < 1 || !TryClaim(helpers))
        {
            for (long i = 0; i < count; i++)
            {
                work(argument, i);
            }

            return;
        }

        try
        {
            Share(count, helpers, work, argument);
        }
        finally
        {
            Volatile.Write(ref busy, 0);
        }
    }

    private static void Share(long count, int helpers, delegate*<void*, long, void> work, void* argument)
    {
        body = work;
        context = argument;
        items = count;
        next = 0;
        running = helpers;
        for (int i = 0; i < helpers; i++)
        {
            team[i].Wake();
        }

        // The context lies on the caller's stack: whatever happens here, nobody leaves before everybody is done.
        TakeItems();
        SpinWait wait = default;
        while (Volatile.Read(ref running) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        if (Interlocked.Exchange(ref failure, null) is Exception error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private static void TakeItems()
    {
        delegate*<void*, long, void> work = body;
        void* argument = context;
        long count = items;
        try
        {
            for (long i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
            {
                work(argument, i);
            }
        }
        catch (Exception error)
        {
            // Out of memory, in all likelihood. On a thread of ours it would end the process: the caller is to have it.
            Interlocked.CompareExchange(ref failure, error, null);
            Interlocked.Exchange(ref next, count);
        }
    }

    private static bool TryClaim(int helpers)
    {
        if (Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            return false;
        }

        if (!IsOwner() || (team.Length < helpers && !TryGrow(helpers)))
        {
            Volatile.Write(ref busy, 0);
            return false;
        }

        return true;
    }

    /// <summary>False in a child of fork, where the threads of the parent do not exist.</summary>
    private static bool IsOwner()
    {
        int process = CurrentProcess();
        return Interlocked.CompareExchange(ref owner, process, 0) is int known && (known == 0 || known == process);
    }

    private static bool TryGrow(int helpers)
    {
        try
        {
            while (team.Length < helpers)
            {
                // One at a time, so that a thread that was started is never forgotten.
                team = [.. team, new Worker()];
            }

            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private static int CurrentProcess() => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? GetProcessId() : Environment.ProcessId;

    // Environment.ProcessId remembers its first answer, also across fork.
    [DllImport("libc", EntryPoint = "getpid")]
    private static extern int GetProcessId();

    private sealed class Worker
    {
        private readonly AutoResetEvent sleep = new(false);
        private int signal;
        private int isAsleep;

        internal Worker()
        {
            Thread thread = new(Loop, 1 << 20) { IsBackground = true, Name = "equipoise" };
            thread.Start();
        }

        internal void Wake()
        {
            Volatile.Write(ref signal, 1);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref isAsleep) == 1)
            {
                sleep.Set();
            }
        }

        private void Loop()
        {
            while (true)
            {
                WaitForSignal();
                TakeItems();
                Interlocked.Decrement(ref running);
            }
        }

        private void WaitForSignal()
        {
            for (int turn = 0; turn < SpinTurns; turn++)
            {
                if (Volatile.Read(ref signal) == 1)
                {
                    Volatile.Write(ref signal, 0);
                    return;
                }

                Thread.SpinWait(1);
            }

            Volatile.Write(ref isAsleep, 1);
            Interlocked.MemoryBarrier();
            while (Volatile.Read(ref signal) == 0)
            {
                sleep.WaitOne();
            }

            Volatile.Write(ref isAsleep, 0);
            Volatile.Write(ref signal, 0);
        }
    }
}
