using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Equipoise.Estimators;

/// <summary>The triangular set behind a <see cref="RewardTable"/>: plain memory, so that workers can share it.</summary>
internal unsafe struct RewardRows
{
    /// <summary>Stands for a group that the kind has no table for.</summary>
    private const nint None = -1;

    internal RewardTableOptions Options;

    /// <summary>[K + 1]: where the table of a group begins; 0 = not built yet.</summary>
    private nint* rows;

    private int largest;

    /// <summary>Builds the table of <paramref name="k"/>, and throws if it has none.</summary>
    internal static RewardRows Create(int k, in RewardTableOptions options)
    {
        double* row = Build(k, options);
        RewardRows set = new() { Options = options, largest = k, rows = (nint*)NativeMemory.AllocZeroed((nuint)(k + 1), (nuint)sizeof(nint)) };
        set.rows[k] = (nint)row;
        return set;
    }

    /// <summary>h of a group of <paramref name="k"/> answers, to be read at 1..k; null where the kind has none.</summary>
    internal readonly double* Row(int k)
    {
        nint row = Volatile.Read(ref rows[k]);
        if (row == 0)
        {
            row = Publish(k);
        }

        return row == None ? null : (double*)row;
    }

    internal void Free()
    {
        for (int k = 0; rows != null && k <= largest; k++)
        {
            Release(rows[k]);
        }

        NativeMemory.Free(rows);
        rows = null;
    }

    private readonly nint Publish(int k)
    {
        nint built = BuildIfAny(k, Options);
        nint first = Interlocked.CompareExchange(ref rows[k], built, 0);
        if (first == 0)
        {
            return built;
        }

        Release(built);
        return first;
    }

    private static nint BuildIfAny(int k, in RewardTableOptions options)
    {
        try
        {
            return RewardTableChecks.HasTable(k, options) ? (nint)Build(k, options) : None;
        }
        catch (NotSupportedException)
        {
            // A program that is too near to having no solution, in a group smaller than the one that the caller asked about.
            return None;
        }
    }

    private static double* Build(int k, in RewardTableOptions options)
    {
        double* row = (double*)NativeMemory.Alloc((nuint)(k + 1), sizeof(double));
        row[0] = 0;
        try
        {
            TableBuilder.Fill(options, k, row);
            return row;
        }
        catch
        {
            NativeMemory.Free(row);
            throw;
        }
    }

    private static void Release(nint row)
    {
        if (row != None)
        {
            NativeMemory.Free((void*)row);
        }
    }
}
