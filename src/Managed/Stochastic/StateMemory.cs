using System;
using System.Runtime.InteropServices;

namespace Equipoise.Stochastic;

/// <summary>
/// The numbers that an estimator carries from call to call, in one piece: saved and restored by copying. Outside the collector's heap, which
/// the native library keeps small.
/// </summary>
internal sealed unsafe class StateMemory : IDisposable
{
    /// <summary>What a saved state begins with: the kind's mark and the problems.</summary>
    internal const int Header = 2;

    private readonly double mark;
    private readonly long problems;

    internal StateMemory(double mark, long problems, long numbers)
    {
        (this.mark, this.problems, Count) = (mark, problems, numbers);
        Numbers = (double*)NativeMemory.AllocZeroed((nuint)Math.Max(1, numbers), sizeof(double));
    }

    ~StateMemory() => NativeMemory.Free(Numbers);

    internal double* Numbers { get; private set; }

    internal long Count { get; }

    /// <summary>Numbers of a saved state.</summary>
    internal long SavedCount => Header + Count;

    public void Dispose()
    {
        NativeMemory.Free(Numbers);
        Numbers = null;
        GC.SuppressFinalize(this);
    }

    internal void Save(double* to)
    {
        (to[0], to[1]) = (mark, problems);
        new Span<double>(Numbers, (int)Count).CopyTo(new(to + Header, (int)Count));
    }

    internal void Restore(double* from, long count)
    {
        Checks.Require(count == SavedCount, "state", $"state has {count} numbers, must have {SavedCount}");
        Checks.Require(from[0] == mark && from[1] == problems, "state", "state was not saved by one of this kind and size");
        new Span<double>(from + Header, (int)Count).CopyTo(new(Numbers, (int)Count));
    }
}
