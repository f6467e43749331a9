using System;
using Equipoise.Rows;

namespace Equipoise.Sampling;

/// <summary>Puts draws where the caller wants them.</summary>
internal static unsafe class SampleOutputs
{
    internal static void Store(in SampleJob job, long row, long draw, in TokenLog token)
    {
        ref readonly Samples samples = ref job.Samples;
        long place = (row * job.Options.Count) + draw;
        Output.Put(samples.Tokens, place, token.Token);
        Output.Put(samples.LogQ, place, token.Q);
        Output.Put(samples.LogTheta, place, token.Theta);
        Output.Put(samples.LogTarget, place, token.Target);
        Output.Put(samples.LogInclusion, place, token.Inclusion);
        StoreWeights(samples, place, token);
    }

    /// <summary>Every draw of a row that has no q; a skipped row's weights are 0 as the rest of it.</summary>
    internal static void StoreNone(in SampleJob job, long row, double value)
    {
        for (long draw = 0; draw < job.Options.Count; draw++)
        {
            Store(job, row, draw, TokenLog.None(value));
            long place = (row * job.Options.Count) + draw;
            Output.Put(job.Samples.Weights, place, value);
            Output.Put(job.Samples.TargetWeights, place, value);
        }
    }

    internal static void StoreRow(in SampleJob job, long row, RowStatus status, double alpha)
    {
        Output.Put(job.Samples.Alpha, row, alpha);
        Output.Put(job.Samples.RowStatus, row, status);
    }

    private static void StoreWeights(in Samples samples, long place, in TokenLog token)
    {
        double inclusion = token.Token < 0 ? 0 : token.Inclusion, theta = token.Theta - inclusion, target = token.Target - inclusion;
        Output.Put(samples.LogWeights, place, theta);
        Output.Put(samples.LogTargetWeights, place, target);
        if (samples.Weights != null)
        {
            samples.Weights[place] = Math.Exp(theta);
        }

        if (samples.TargetWeights != null)
        {
            samples.TargetWeights[place] = Math.Exp(target);
        }
    }
}
