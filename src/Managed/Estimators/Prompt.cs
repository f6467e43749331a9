using System;

namespace Equipoise.Estimators;

/// <summary>The rewards of one prompt's answers, from their counts. An answer of count 0 is none.</summary>
internal unsafe ref struct Prompt
{
    private readonly AnswerOptions options;
    private readonly int answers;
    private readonly int* counts;
    private readonly double* targets;

    /// <summary>How many counts are above 0.</summary>
    private readonly int valid;

    /// <summary>[answers + 1]: how many answers have each count, so that sums do not depend on the order of the ids.</summary>
    private readonly int* histogram;

    internal Prompt(in AnswerJob job, long prompt, int* counts, int valid, int* histogram)
    {
        options = job.Options;
        answers = job.Answers;
        this.counts = counts;
        this.valid = valid;
        this.histogram = histogram;
        targets = options.LogTargets == null ? null : options.LogTargets + (prompt * answers);
    }

    /// <summary>Fills <paramref name="rewards"/> [answers].</summary>
    internal readonly RowStatus Reward(in RewardRows tables, double* rewards)
    {
        if (valid < 0 || !TargetsAreFinite())
        {
            new Span<double>(rewards, answers).Fill(double.NaN);
            return RowStatus.Invalid;
        }

        bool isExcluded = options.Baseline == RewardBaseline.Excluded;
        double* table = valid > 1 ? tables.Row(valid) : null, shorter = valid > 2 && isExcluded ? tables.Row(valid - 1) : null;
        bool isAnswered = valid > 1 && table != null && (shorter != null || valid == 2 || !isExcluded);
        for (int i = 0; i < answers; i++)
        {
            double reward = isAnswered ? options.Sign * (Target(i) - table[counts[i]]) : 0;
            rewards[i] = counts[i] == 0 ? options.InvalidReward : reward;
        }

        if (isAnswered && options.Baseline != RewardBaseline.None)
        {
            TakeOffBaseline(table, shorter, rewards);
        }

        bool hasEnough = isAnswered || valid == 0 || (valid == 1 && tables.Row(1) != null);
        return hasEnough ? RowStatus.Ok : RowStatus.TooFew;
    }

    private readonly double Target(int i) => targets == null ? options.LogTarget : targets[i];

    private readonly bool TargetsAreFinite()
    {
        for (int i = 0; i < answers && targets != null; i++)
        {
            if (counts[i] != 0 && !double.IsFinite(targets[i]))
            {
                return false;
            }
        }

        return true;
    }

    private readonly void TakeOffBaseline(double* table, double* shorter, double* rewards)
    {
        CountCounts();
        double ofTargets = SumOfTargets(), ofTable = SumOf(table, valid), ofShorter = shorter == null ? 0 : SumOf(shorter, valid - 1);
        for (int i = 0; i < answers; i++)
        {
            if (counts[i] == 0)
            {
                continue;
            }

            rewards[i] -= options.Sign * options.Baseline switch
            {
                RewardBaseline.Mean => (ofTargets - ofTable) / valid,
                RewardBaseline.Loo => (ofTargets - Target(i) - (ofTable - table[counts[i]])) / (valid - 1),
                _ => shorter == null ? 0 : Excluded(i, shorter, ofTargets, ofShorter),
            };
        }
    }

    /// <summary>The mean reward of the others in the group that they are without answer <paramref name="i"/>.</summary>
    private readonly double Excluded(int i, double* shorter, double ofTargets, double ofShorter)
    {
        int count = counts[i];
        double others = count == valid ? 0 : ofShorter - (count * shorter[count]);
        double same = (count - 1) * shorter[count - 1];
        return (ofTargets - Target(i) - others - same) / (valid - 1);
    }

    private readonly void CountCounts()
    {
        new Span<int>(histogram, answers + 1).Clear();
        for (int i = 0; i < answers; i++)
        {
            histogram[counts[i]]++;
        }
    }

    private readonly double SumOf(double* table, int largest)
    {
        double sum = 0;
        for (int c = 1; c <= largest; c++)
        {
            sum += histogram[c] == 0 ? 0 : histogram[c] * table[c];
        }

        return sum;
    }

    private readonly double SumOfTargets()
    {
        if (targets == null)
        {
            return valid * options.LogTarget;
        }

        double sum = 0, lost = 0;
        for (int i = 0; i < answers; i++)
        {
            double term = counts[i] == 0 ? 0 : targets[i], next = sum + term;
            lost += Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
            sum = next;
        }

        return sum + lost;
    }
}
