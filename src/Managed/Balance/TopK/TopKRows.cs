using System;
using System.Runtime.Intrinsics;
using Equipoise.Rows;
using Equipoise.Vectors;

namespace Equipoise.Balance;

/// <summary>Rows of a batch to and from their K + 1 events.</summary>
internal static unsafe class TopKRows
{
    /// <summary>The teacher's probabilities may exceed 1 by this much, as those of any row.</summary>
    private const double LargestMassError = 1e-3;

    private static readonly delegate*<in RowPair, ulong*, TailMass> Tail;
    private static readonly delegate*<in RowPair, double, double, double, in Matrix, long, void> Spread;

    static TopKRows()
    {
        if (Width.Is512)
        {
            Tail = &TopKSweep<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Tail;
            Spread = &TopKSweep<Lanes512<double>, Vector512<double>, Lanes512<float>, Vector512<float>>.Spread;
        }
        else if (Width.Is256)
        {
            Tail = &TopKSweep<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Tail;
            Spread = &TopKSweep<Lanes256<double>, Vector256<double>, Lanes256<float>, Vector256<float>>.Spread;
        }
        else
        {
            Tail = &TopKSweep<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Tail;
            Spread = &TopKSweep<Lanes128<double>, Vector128<double>, Lanes128<float>, Vector128<float>>.Spread;
        }
    }

    /// <summary>log π_θ and log π_t of the K listed tokens and of all others together.</summary>
    internal static void ReduceRow(void* argument, long local)
    {
        TopKJob* job = (TopKJob*)argument;
        long row = job->First + local;
        if (job->IsMasked(row))
        {
            return;
        }

        double* theta = job->ReducedTheta + (local * job->Events);
        double* target = job->ReducedTarget + (local * job->Events);
        RowPair pair = PairOf(*job, row);
        ReadListed(*job, pair, row, theta, target, out ulong* listed, out int count);
        TailMass tail = Tail(pair, listed);
        double lse = LogSumExp(theta, job->K, tail.Top + Math.Log(tail.Mass));
        double sum = 0;
        for (int k = 0; k < job->K; k++)
        {
            theta[k] -= double.IsNegativeInfinity(theta[k]) ? 0 : lse;
            sum += Math.Exp(target[k]);
        }

        bool hasTail = job->Options.Tail == TopKTail.Bucket && count < job->Columns;
        theta[job->K] = hasTail && tail.Mass > 0 ? tail.Top + Math.Log(tail.Mass) - lse : double.NegativeInfinity;
        target[job->K] = hasTail && sum < 1 ? Math.Log(1 - sum) : double.NegativeInfinity;
        job->ThetaLse[local] = lse;
        bool isBucket = job->Options.Tail == TopKTail.Bucket, isWhole = isBucket && count == job->Columns;
        bool hasMass = !isBucket || (sum <= 1 + LargestMassError && (!isWhole || sum >= 1 - LargestMassError));
        bool isValid = hasMass && double.IsFinite(lse) && double.IsFinite(sum);
        if (!isValid)
        {
            theta[0] = double.NaN;
        }
    }

    /// <summary>q of the listed tokens and of the others, and the gradient.</summary>
    internal static void StoreRow(void* argument, long local)
    {
        TopKJob* job = (TopKJob*)argument;
        long row = job->First + local;
        RowStatus status = job->Status[local];
        double* q = job->ReducedQ + (local * job->Events);
        double* theta = job->ReducedTheta + (local * job->Events);
        double none = status == RowStatus.Invalid ? double.NaN : 0;
        bool hasQ = status is not (RowStatus.Invalid or RowStatus.Skipped or RowStatus.Disjoint);
        ref readonly TopKSolution to = ref job->Solution;
        bool hasTail = hasQ && !double.IsNegativeInfinity(theta[job->K]);
        double ratio = hasTail && to.TailRatio != null | to.Gradient != null ? q[job->K] / Math.Exp(theta[job->K]) : none;
        for (int k = 0; to.Q != null && k < job->K; k++)
        {
            Addressing.Fill(*to.Q, row, k, k + 1, hasQ ? q[k] : none);
        }

        Output.Put(to.QTail, row, hasQ ? q[job->K] : none);
        Output.Put(to.TailRatio, row, ratio);
        Output.Put(to.RowStatus, row, status);

        if (to.Gradient != null)
        {
            StoreGradient(*job, row, local, hasQ, ratio, none);
        }
    }

    /// <summary>π_θ − q; on the listed tokens alone where both sides are conditioned on them.</summary>
    private static void StoreGradient(in TopKJob job, long row, long local, bool hasQ, double ratio, double none)
    {
        Matrix gradient = *job.Solution.Gradient;
        Addressing.Fill(gradient, row, job.Columns, gradient.Columns, 0);
        if (!hasQ)
        {
            Addressing.Fill(gradient, row, 0, job.Columns, none);
            return;
        }

        RowPair pair = PairOf(job, row);
        double* theta = job.ReducedTheta + (local * job.Events);
        double* q = job.ReducedQ + (local * job.Events);
        bool isBucket = job.Options.Tail == TopKTail.Bucket;
        double mass = isBucket ? 0 : LogSumExp(theta, job.K, double.NegativeInfinity);
        Spread(pair, pair.InverseTheta, job.ThetaLse[local], isBucket ? 1 - ratio : 0, gradient, row);
        long* ids = job.Ids + (row * job.IdStride);
        double* target = job.ReducedTarget + (local * job.Events);
        for (int k = 0; k < job.K; k++)
        {
            if (ids[k] >= 0 && !double.IsNegativeInfinity(target[k]))
            {
                Addressing.Fill(gradient, row, ids[k], ids[k] + 1, Math.Exp(theta[k] - mass) - q[k]);
            }
        }
    }

    /// <summary>Tempered logits and log-probabilities of the listed tokens, −∞ in empty slots; the bits of those tokens, and how many they are.</summary>
    private static void ReadListed(in TopKJob job, in RowPair pair, long row, double* theta, double* target, out ulong* listed, out int count)
    {
        long* ids = job.Ids + (row * job.IdStride);
        byte* logProbs = Addressing.Row(job.LogProbs, row);
        listed = TopKChecks.RentBits(job.Columns);
        count = 0;
        for (int k = 0; k < job.K; k++)
        {
            double logProb = Elements.Read(logProbs, k, job.LogProbs.DType);
            long id = double.IsNegativeInfinity(logProb) ? -1 : ids[k];
            theta[k] = id < 0 ? double.NegativeInfinity : Elements.Read(pair.Theta, (nint)id, pair.ThetaType) * pair.InverseTheta;
            target[k] = id < 0 ? double.NegativeInfinity : logProb;
            if (id >= 0)
            {
                listed[id >> 6] |= 1ul << (int)(id & 63);
                count++;
            }
        }
    }

    private static RowPair PairOf(in TopKJob job, long row) => new()
    {
        Theta = Addressing.Row(job.Theta, row),
        ThetaType = job.Theta.DType,
        Columns = job.Columns,
        InverseTheta = job.InverseTemperature(row),
    };

    /// <summary>Of K numbers and one more; NaN where one is.</summary>
    private static double LogSumExp(double* values, int count, double last)
    {
        double top = last, sum = 0;
        for (int k = 0; k < count; k++)
        {
            top = Math.Max(top, values[k]);
        }

        if (double.IsNegativeInfinity(top))
        {
            return top;
        }

        for (int k = 0; k < count; k++)
        {
            sum += Math.Exp(values[k] - top);
        }

        return top + Math.Log(sum + Math.Exp(last - top));
    }
}
