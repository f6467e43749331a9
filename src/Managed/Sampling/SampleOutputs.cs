using System;

namespace Equipoise.Sampling;

/// <summary>Puts draws where the caller wants them.</summary>
internal static unsafe class SampleOutputs
{
    internal static void Store(in SampleJob job, long row, long draw, in TokenLog token)
    {
        ref readonly Samples samples = ref job.Samples;
        long place = (row * job.Options.Count) + draw;
        if (samples.Tokens != null)
        {
            samples.Tokens[place] = token.Token;
        }

        Put(samples.LogQ, place, token.Q);
        Put(samples.LogTheta, place, token.Theta);
        Put(samples.LogTarget, place, token.Target);
        Put(samples.LogInclusion, place, token.Inclusion);
        StoreWeights(samples, place, token);
    }

    /// <summary>Every draw of a row that has no q; a skipped row's weights are 0 as the rest of it.</summary>
    internal static void StoreNone(in SampleJob job, long row, double value)
    {
        for (long draw = 0; draw < job.Options.Count; draw++)
        {
            Store(job, row, draw, TokenLog.None(value));
            long place = (row * job.Options.Count) + draw;
            Put(job.Samples.Weights, place, value);
            Put(job.Samples.TargetWeights, place, value);
        }
    }

    internal static void StoreRow(in SampleJob job, long row, RowStatus status, double alpha)
    {
        Put(job.Samples.Alpha, row, alpha);
        if (job.Samples.RowStatus != null)
        {
            job.Samples.RowStatus[row] = status;
        }
    }

    private static void StoreWeights(in Samples samples, long place, in TokenLog token)
    {
        double inclusion = token.Token < 0 ? 0 : token.Inclusion, theta = token.Theta - inclusion, target = token.Target - inclusion;
        Put(samples.LogWeights, place, theta);
        Put(samples.LogTargetWeights, place, target);
        if (samples.Weights != null)
        {
            samples.Weights[place] = Math.Exp(theta);
        }

        if (samples.TargetWeights != null)
        {
            samples.TargetWeights[place] = Math.Exp(target);
        }
    }

    private static void Put(double* output, long place, double value)
    {
        if (output != null)
        {
            output[place] = value;
        }
    }
}
