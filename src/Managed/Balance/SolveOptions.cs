using System.Runtime.InteropServices;

namespace Equipoise;

/// <summary>What <see cref="Equilibrium.Solve(in Matrix, in Matrix, in SolveOptions, in Solution)"/> should do; the layout of
/// <c>eqp_solve_options</c>. Start from <see cref="Default"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SolveOptions
{
    /// <summary>sizeof(SolveOptions), for callers across the C ABI.</summary>
    public nuint StructSize;

    /// <summary>What the inputs hold.</summary>
    public Scores Scores;

    /// <summary>Which point of the path.</summary>
    public Criterion Criterion;

    /// <summary>How it is found.</summary>
    public Method Method;

    /// <summary>Points of the path that a row may be measured at (Newton) or halvings (bisection), ≥ 1.</summary>
    public int MaxIterations;

    /// <summary>Bounds the error of α, and the criterion's function relative to max(1, KL); &gt; 0.</summary>
    public double Tolerance;

    /// <summary><see cref="Criterion.FixedAlpha"/>: in [0, 1].</summary>
    public double Alpha;

    /// <summary><see cref="Criterion.WeightedKl"/>: ≥ 0, not both 0.</summary>
    public double WeightTheta;

    /// <summary><see cref="Criterion.WeightedKl"/>: ≥ 0, not both 0.</summary>
    public double WeightTarget;

    /// <summary><see cref="Criterion.KlBudget"/>, nats, ≥ 0.</summary>
    public double Budget;

    /// <summary><see cref="Criterion.EssFloor"/>, in (0, 1].</summary>
    public double Floor;

    /// <summary>Divides theta's logits; finite, &gt; 0.</summary>
    public double TemperatureTheta;

    /// <summary>Divides target's logits; finite, &gt; 0.</summary>
    public double TemperatureTarget;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureTheta"/>.</summary>
    public double* RowTemperatureTheta;

    /// <summary>[rows], or null: one temperature per row instead of <see cref="TemperatureTarget"/>.</summary>
    public double* RowTemperatureTarget;

    /// <summary>How many leading columns are real; 0 = all, and both widths must agree. The rest is never read.</summary>
    public long ValidColumns;

    /// <summary>[rows], or null: 0 skips the row.</summary>
    public byte* RowMask;

    /// <summary>0 = as many as pay, 1 = the caller's own alone, n = at most n.</summary>
    public int Threads;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>Probabilities with bisection: added before each logarithm; above 0 the bracket's width alone stops the search.</summary>
    public double ProbabilityEpsilon;

    /// <summary>[rows], or null: one per row instead of <see cref="WeightTheta"/>.</summary>
    public double* RowWeightTheta;

    /// <summary>[rows], or null: one per row instead of <see cref="WeightTarget"/>.</summary>
    public double* RowWeightTarget;

    /// <summary>[rows], or null: one per row instead of <see cref="Budget"/>.</summary>
    public double* RowBudget;

    /// <summary>[rows], or null: one per row instead of <see cref="Floor"/>.</summary>
    public double* RowFloor;

    /// <summary>[rows], or null: one per row instead of <see cref="Alpha"/>.</summary>
    public double* RowAlpha;

    /// <summary>KL symmetry of logits by Newton, tolerance 1e-6, at most 50 iterations, temperature 1, all columns, all cores.</summary>
    public static SolveOptions Default => new()
    {
        StructSize = (nuint)sizeof(SolveOptions),
        MaxIterations = 50,
        Tolerance = 1e-6,
        Alpha = 0.5,
        WeightTheta = 1,
        WeightTarget = 1,
        Floor = 0.5,
        TemperatureTheta = 1,
        TemperatureTarget = 1,
    };
}
