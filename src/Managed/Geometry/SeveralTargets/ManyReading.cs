using System;
using System.Runtime.CompilerServices;
using Equipoise.Balance;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Geometry;

/// <summary>The reading sweep over several policies: tops, masses, and what spoils a row.</summary>
internal static unsafe class ManyReading<L, V, LF, VF>
    where L : struct, ILanes<double, V>
    where V : struct
    where LF : struct, ILanes<float, VF>
    where VF : struct
{
    private const int Columns = ManyStaging<L, V, LF, VF>.Columns;

    [SkipLocalsInit]
    internal static void Piece(in ManyRow row, nint begin, nint end, ManyMasses* result)
    {
        double* scratch = stackalloc double[ManyStaging<L, V, LF, VF>.Size];
        result->Clear();
        for (nint start = begin; start < end; start += Columns)
        {
            int count = (int)Math.Min(Columns, end - start);
            int padded = ManyStaging<L, V, LF, VF>.Stage(row, start, count, scratch);
            result->IsPoisoned |= IsPoisoned(scratch, row.Count, padded) || (row.Cost != null && !IsFinite(scratch + (row.Count * Columns), row.CostWeight, padded));
            result->SupportsDiffer |= SupportsDiffer(scratch, row.Count, padded);
            for (int i = 0; i < row.Count; i++)
            {
                double top = Largest(scratch + (i * Columns), padded);
                result->Add(i, top, double.IsNegativeInfinity(top) ? 0 : Mass(scratch + (i * Columns), padded, top));
            }
        }
    }

    private static double Largest(double* scores, int count)
    {
        V largest = L.Broadcast(double.NegativeInfinity);
        for (int n = 0; n < count; n += L.Count)
        {
            largest = L.Max(largest, L.Load(scores + n));
        }

        return L.Largest(largest);
    }

    private static double Mass(double* scores, int count, double top)
    {
        V highest = L.Broadcast(top), log2E = L.Broadcast(Constants.Log2E), lowest = L.Broadcast(Constants.LowestExponent), sum = L.Broadcast(0);
        for (int n = 0; n < count; n += L.Count)
        {
            V exponent = L.Max(L.Multiply(L.Subtract(L.Load(scores + n), highest), log2E), lowest);
            sum = L.Add(sum, L.Exp2(exponent, sum, sum, sum, sum, sum, sum));
        }

        return L.Sum(sum);
    }

    /// <summary>x − x is 0 for a number alone; masks are let through.</summary>
    private static bool IsPoisoned(double* scratch, int policies, int count)
    {
        V zero = L.Broadcast(0), poison = zero;
        for (int i = 0; i < policies; i++)
        {
            for (int n = 0; n < count; n += L.Count)
            {
                V x = L.Load(scratch + (i * Columns) + n);
                poison = L.Add(poison, L.Select(L.IsMinusInfinity(x), zero, L.Subtract(x, x)));
            }
        }

        return L.Sum(poison) != 0;
    }

    /// <summary>Every cost, and what it takes off a log-weight.</summary>
    private static bool IsFinite(double* costs, double weight, int count)
    {
        V poison = L.Broadcast(0), price = L.Broadcast(weight * Constants.Log2E);
        for (int n = 0; n < count; n += L.Count)
        {
            V x = L.Multiply(price, L.Load(costs + n));
            poison = L.Add(poison, L.Subtract(x, x));
        }

        return L.Sum(poison) == 0;
    }

    /// <summary>How many policies have a token is neither 0 nor all somewhere.</summary>
    private static bool SupportsDiffer(double* scratch, int policies, int count)
    {
        V zero = L.Broadcast(0), one = L.Broadcast(1), all = L.Broadcast(policies), differ = zero;
        for (int n = 0; n < count; n += L.Count)
        {
            V having = zero;
            for (int i = 0; i < policies; i++)
            {
                having = L.Add(having, L.Select(L.IsAboveMinusInfinity(L.Load(scratch + (i * Columns) + n)), one, zero));
            }

            differ = L.Max(differ, L.Multiply(having, L.Subtract(all, having)));
        }

        return L.Largest(differ) > 0;
    }
}
