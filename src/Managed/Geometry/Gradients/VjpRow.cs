using System;
using Equipoise.Balance;

namespace Equipoise.Geometry;

/// <summary>
/// One row's vector–Jacobian product. α is a root of F(α, E[ℓ], log Z), so that ∂α = −∂F/F′; every criterion served has F′ = −u Var with u = ∂F/∂E[ℓ],
/// hence ∂α = (∂E[ℓ] + (v/u) ∂log Z)/Var with v = ∂F/∂log Z.
/// </summary>
internal static unsafe class VjpRow
{
    /// <summary>Newton steps that make the α at hand the root to the last digits.</summary>
    private const int MostSteps = 4;

    /// <summary>A step that is rounding.</summary>
    private const double SmallestStep = 1e-13;

    /// <summary>|log Z| below which the policies nearly agree.</summary>
    private const double LargestNear = 0.1;

    /// <summary>ℓ varies by no more than the rounding of scores near 1: α does not depend on them.</summary>
    private const double SmallestVariance = 1e-28;

    /// <summary>F and its derivatives but for Var.</summary>
    private struct Implicit
    {
        internal double Function;
        internal double OfMean;
        internal double OfLogZ;
    }

    internal static bool Write(RowState* state, PairRow* row, in GradientJob job, long index, ref RowStatus status)
    {
        double alpha = job.Options.Criterion == Criterion.FixedAlpha ? GradientJob.At(job.Options.RowAlpha, index, job.Options.Alpha) : job.Alpha[index];
        if (status == RowStatus.Disjoint || !(alpha >= 0 && alpha <= 1))
        {
            status = status == RowStatus.Disjoint ? status : RowStatus.Invalid;
            return false;
        }

        bool isFree = job.Options.Criterion != Criterion.FixedAlpha && alpha > 0 && alpha < 1;
        Measure(state, row, alpha, out PairSums sums);
        for (int step = 0; isFree && step < MostSteps && sums.Variance > SmallestVariance; step++)
        {
            Implicit at = At(job, index, row->Factors, sums);
            double move = at.Function / (at.OfMean * sums.Variance), next = Math.Clamp(row->Factors.Alpha + move, 0, 1);
            if (!(Math.Abs(move) > SmallestStep) || next is 0 or 1)
            {
                break;
            }

            Measure(state, row, next, out sums);
        }

        SetFactors(row, job, index, sums, isFree && sums.Variance > SmallestVariance);
        PairWriting<VjpResult>.Run(row);
        return true;
    }

    private static void Measure(RowState* state, PairRow* row, double alpha, out PairSums sums)
    {
        row->Factors.Alpha = alpha;
        row->Factors.LogZ = PathNormaliser.LogZ(state, alpha);
        row->Factors.IsNear = Math.Abs(row->Factors.LogZ) < LargestNear && !state->SupportsDiffer;
        sums = PairMeasuring.Run(row);
        row->Factors.Mean = sums.Mean;
    }

    private static Implicit At(in GradientJob job, long index, in PairFactors at, in PairSums sums)
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

        return new Implicit { Function = (ofMean * sums.Mean) + (ofLogZ * at.LogZ) + constant, OfMean = ofMean, OfLogZ = ofLogZ };
    }

    private static void SetFactors(PairRow* row, in GradientJob job, long index, in PairSums sums, bool movesAlpha)
    {
        ref PairFactors factors = ref row->Factors;
        double kl = GradientJob.At(job.KlCotangent, index, 0);
        factors.Total = sums.Total;
        factors.OfLogZ = -kl;
        factors.Held = GradientJob.At(job.HeldCotangent, index, 0);
        factors.FirstScale = row->Row.InverseTheta;
        factors.SecondScale = row->Row.InverseTarget;
        if (movesAlpha)
        {
            Implicit at = At(job, index, factors, sums);
            double ofAlpha = GradientJob.At(job.AlphaCotangent, index, 0) - (sums.Tilted - (sums.Mean * sums.Total)) + (kl * sums.Mean);
            factors.OfMean = ofAlpha / sums.Variance;
            factors.OfLogZ += factors.OfMean * at.OfLogZ / at.OfMean;
        }
    }
}
