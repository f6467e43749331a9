using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>
/// One row's vector–Jacobian product. α is a root of F, so that ∂α = −∂F/F′ at a fixed α. Criteria of the KLs are functions of E[ℓ] and log Z with
/// F′ = −u Var, u = ∂F/∂E[ℓ]; those of the ESSs, of log Z at α, 2 − α and −α, whose derivatives in s are −E[ℓ] there.
/// </summary>
internal static unsafe class VjpRow
{
    /// <summary>Newton steps that make the α at hand the root to the last digits.</summary>
    private const int MostSteps = 4;

    /// <summary>A step that is rounding.</summary>
    private const double SmallestStep = 1e-13;

    /// <summary>|log Z| below which the policies nearly agree.</summary>
    private const double LargestNear = 0.1;

    /// <summary>log Z(½) of policies of which log Z is no small difference at most points, and the log Z that sums of weights can have in f64.</summary>
    private const double SmallestApart = -0.2;
    private const double LowestLogZ = -500;

    /// <summary>ℓ varies by no more than the rounding of scores near 1: α does not depend on them.</summary>
    private const double SmallestVariance = 1e-28;

    /// <summary>F, its slope, and its derivatives in E[ℓ] and log Z at α, and in log Z at 2 − α and −α.</summary>
    private struct Implicit
    {
        internal double Function;
        internal double Slope;
        internal double OfMean;
        internal double OfLogZ;
        internal double OfBeyond;
        internal double OfBefore;
    }

    internal static bool Write(RowState* state, PairRow* row, in GradientJob job, long index, ref RowStatus status)
    {
        Criterion criterion = job.Options.Criterion;
        double alpha = criterion == Criterion.FixedAlpha ? GradientJob.At(job.Options.RowAlpha, index, job.Options.Alpha) : job.Alpha[index];
        if (status == RowStatus.Disjoint || !(alpha >= 0 && alpha <= 1))
        {
            status = status == RowStatus.Disjoint ? status : RowStatus.Invalid;
            return false;
        }

        PairSums sums = Measure(state, row, alpha);
        bool isFree = criterion != Criterion.FixedAlpha && alpha > 0 && alpha < 1 && sums.Variance > SmallestVariance;
        Implicit at = isFree ? Refine(state, row, job, index, ref sums) : default;
        SetFactors(row, job, index, sums, at);
        if (at.OfBeyond != 0)
        {
            PairWriting<EssVjpResult>.Run(row);
        }
        else
        {
            PairWriting<VjpResult>.Run(row);
        }

        return true;
    }

    /// <summary>Moves the point to the root, and says what the criterion is there.</summary>
    private static Implicit Refine(RowState* state, PairRow* row, in GradientJob job, long index, ref PairSums sums)
    {
        Implicit at = At(state, row, job, index, sums);
        for (int step = 0; step < MostSteps; step++)
        {
            double move = -at.Function / at.Slope, next = Math.Clamp(row->Factors.Alpha + move, 0, 1);
            if (!(Math.Abs(move) > SmallestStep) || next is 0 or 1)
            {
                break;
            }

            sums = Measure(state, row, next);
            at = At(state, row, job, index, sums);
        }

        return at;
    }

    private static PairSums Measure(RowState* state, PairRow* row, double alpha)
    {
        row->Factors.Alpha = alpha;
        if (alpha >= 0 && alpha <= 1 && LogAffinity(state) <= SmallestApart && TryMeasure(row, out PairSums apart))
        {
            return apart;
        }

        row->Factors.LogZ = PathNormaliser.LogZ(state, alpha);
        row->Factors.IsNear = Math.Abs(row->Factors.LogZ) < LargestNear && !state->SupportsDiffer;
        PairSums sums = PairMeasuring.Run(row);
        row->Factors.Mean = sums.Mean;
        return sums;
    }

    /// <summary>log Z(½), as the reading sweep has it.</summary>
    private static double LogAffinity(RowState* state) => state->Sums.HalfReference + Math.Log(state->Sums.Half.Weight) - state->Normaliser(0.5, 0);

    /// <summary>Of policies that are apart, Z is the sum of the weights that are measured anyway: one pass for both.</summary>
    private static bool TryMeasure(PairRow* row, out PairSums sums)
    {
        row->Factors.LogZ = 0;
        row->Factors.IsNear = false;
        sums = PairMeasuring.Run(row);
        row->Factors.LogZ = Math.Log(sums.Weight);
        row->Factors.Mean = sums.Mean;
        return row->Factors.LogZ is >= LowestLogZ and <= -LargestNear;
    }

    private static Implicit At(RowState* state, PairRow* row, in GradientJob job, long index, in PairSums sums) =>
        job.Options.Criterion is Criterion.EssBalance or Criterion.EssFloor
            ? OfEss(state, row, job, index)
            : OfKl(row->Factors, job, index, sums);

    private static Implicit OfKl(in PairFactors at, in GradientJob job, long index, in PairSums sums)
    {
        ref readonly SolveOptions options = ref job.Options;
        double ofMean = 1, ofLogZ = 0, constant = 0;
        if (options.Criterion == Criterion.WeightedKl)
        {
            double theta = GradientJob.At(options.RowWeightTheta, index, options.WeightTheta);
            double target = GradientJob.At(options.RowWeightTarget, index, options.WeightTarget);
            ofMean = (theta * (1 - at.Alpha)) + (target * at.Alpha);
            ofLogZ = target - theta;
        }
        else if (options.Criterion == Criterion.KlBudget)
        {
            ofMean = 1 - at.Alpha;
            ofLogZ = -1;
            constant = -GradientJob.At(options.RowBudget, index, options.Budget);
        }

        double function = (ofMean * sums.Mean) + (ofLogZ * at.LogZ) + constant;
        return new Implicit { Function = function, Slope = -ofMean * sums.Variance, OfMean = ofMean, OfLogZ = ofLogZ };
    }

    /// <summary>log Z(2 − α) − log Z(−α), or log Z(α) + log Z(2 − α) + log floor. The point itself stays as it is, but for what it knows of the others.</summary>
    private static Implicit OfEss(RowState* state, PairRow* row, in GradientJob job, long index)
    {
        PairFactors here = row->Factors;
        double alpha = here.Alpha;
        Measure(state, row, 2 - alpha);
        PairFactors beyond = row->Factors;
        here.LogZBeyond = beyond.LogZ;
        Implicit at;
        if (job.Options.Criterion == Criterion.EssFloor)
        {
            double floor = GradientJob.At(job.Options.RowFloor, index, job.Options.Floor);
            at = new Implicit { Function = here.LogZ + beyond.LogZ + Math.Log(floor), Slope = beyond.Mean - here.Mean, OfLogZ = 1, OfBeyond = 1 };
        }
        else
        {
            Measure(state, row, -alpha);
            PairFactors before = row->Factors;
            here.LogZBefore = before.LogZ;
            at = new Implicit { Function = beyond.LogZ - before.LogZ, Slope = beyond.Mean - before.Mean, OfBeyond = 1, OfBefore = -1 };
        }

        row->Factors = here;
        return at;
    }

    /// <param name="row">At the point.</param>
    /// <param name="job">What the loss is to the answers.</param>
    /// <param name="index">The row.</param>
    /// <param name="sums">At the point.</param>
    /// <param name="at">The criterion there; nothing where α is a constant.</param>
    private static void SetFactors(PairRow* row, in GradientJob job, long index, in PairSums sums, in Implicit at)
    {
        ref PairFactors factors = ref row->Factors;
        double kl = GradientJob.At(job.KlCotangent, index, 0);
        double ofAlpha = GradientJob.At(job.AlphaCotangent, index, 0) - (sums.Tilted - (sums.Mean * sums.Total)) + (kl * sums.Mean);
        double weight = at.Slope == 0 ? 0 : -ofAlpha / at.Slope;
        factors.Total = sums.Total;
        factors.Held = GradientJob.At(job.HeldCotangent, index, 0);
        factors.FirstScale = row->Row.InverseTheta;
        factors.SecondScale = row->Row.InverseTarget;
        factors.OfMean = weight * at.OfMean;
        factors.OfLogZ = (weight * at.OfLogZ) - kl;
        factors.OfBeyond = weight * at.OfBeyond;
        factors.OfBefore = weight * at.OfBefore;
    }
}
