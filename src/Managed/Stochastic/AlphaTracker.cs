using System;
using Equipoise.Rows;
using Equipoise.Stochastic;

namespace Equipoise;

/// <summary>
/// α* from samples, a row each: α ← clip(α + a_k ℓ̄), ℓ = log π_t − log π_θ of tokens drawn from q_α. E_q[ℓ] falls in α with slope −Var_q[ℓ], so that
/// 1/Var is the best gain; it is estimated on the way.
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed unsafe class AlphaTracker : IDisposable
{
    private const double Mark = 3;

    private readonly StateMemory state;
    private readonly AlphaTrackerOptions options;

    /// <summary>Starts every row at the same α.</summary>
    /// <param name="rows">How many rows.</param>
    /// <param name="options">Start from <see cref="AlphaTrackerOptions.Default"/>.</param>
    public AlphaTracker(long rows, in AlphaTrackerOptions options)
    {
        Checks.Problems(rows, "rows");
        Checks.Require((uint)options.Gain <= (uint)Gain.Constant, "gain", $"gain {(int)options.Gain} is not an eqp_gain");
        Checks.Require(options.Alpha is >= 0 and <= 1, "alpha", $"alpha is {options.Alpha}, must be in [0, 1]");
        bool isConstant = options.Constant > 0 && double.IsFinite(options.Constant);
        Checks.Require(options.Gain != Gain.Constant || isConstant, "constant", $"constant is {options.Constant}, must be finite and above 0");
        this.options = options;
        Rows = rows;
        state = new StateMemory(Mark, rows, rows * TrackedRow.Count);
        for (long i = 0; i < rows; i++)
        {
            Tracked[i].Alpha = options.Alpha;
        }
    }

    /// <summary>How many rows.</summary>
    public long Rows { get; }

    /// <summary>Numbers of a saved state.</summary>
    public long StateSize => state.SavedCount;

    private TrackedRow* Tracked => (TrackedRow*)state.Numbers;

    /// <summary>One step from tokens that were drawn from q_α at the present α.</summary>
    /// <param name="logRatio">[rows, samples]: log π_t − log π_θ, nats.</param>
    /// <param name="samples">Tokens a row, ≥ 1.</param>
    /// <param name="rowMask">[rows], or null: 0 leaves the row as it is.</param>
    /// <param name="rowStatus">[rows] out, or null: Ok, Skipped, or Invalid for a row with NaN or ±∞, which stays as it was.</param>
    public void Update(double* logRatio, long samples, byte* rowMask, RowStatus* rowStatus)
    {
        Checks.Require(logRatio != null, "log_ratio", "log_ratio is null");
        Run(new() { Theta = logRatio, Mask = rowMask, Status = rowStatus }, samples);
    }

    /// <summary>One step from tokens that were drawn from any other policy μ.</summary>
    /// <param name="logTheta">[rows, samples]: log π_θ of the tokens, nats; finite or −∞.</param>
    /// <param name="logTarget">[rows, samples]: log π_t of them; finite or −∞.</param>
    /// <param name="logMu">[rows, samples]: log μ of them; finite.</param>
    /// <param name="samples">Tokens a row, ≥ 1.</param>
    /// <param name="rowMask">[rows], or null: 0 leaves the row as it is.</param>
    /// <param name="rowStatus">[rows] out, or null: as <see cref="Update"/>; also Invalid where no token has a weight.</param>
    public void UpdateOffPath(double* logTheta, double* logTarget, double* logMu, long samples, byte* rowMask, RowStatus* rowStatus)
    {
        Checks.Require(logTheta != null, "log_theta", "log_theta is null");
        Checks.Require(logTarget != null, "log_target", "log_target is null");
        Checks.Require(logMu != null, "log_mu", "log_mu is null");
        Run(new() { Theta = logTheta, Target = logTarget, Mu = logMu, Mask = rowMask, Status = rowStatus }, samples);
    }

    /// <summary>Where every row is.</summary>
    /// <param name="alpha">[rows] out, or null.</param>
    /// <param name="variance">[rows] out, or null: the estimate of Var_q[ℓ]; NaN before the first update.</param>
    /// <param name="updates">[rows] out, or null.</param>
    public void Read(double* alpha, double* variance, long* updates)
    {
        for (long i = 0; i < Rows; i++)
        {
            Output.Put(alpha, i, Tracked[i].Alpha);
            Output.Put(variance, i, Tracked[i].Variance);

            if (updates != null)
            {
                updates[i] = (long)Tracked[i].K;
            }
        }
    }

    /// <summary>Copies the state to [<see cref="StateSize"/>].</summary>
    public void Save(double* to) => state.Save(to);

    /// <summary>Goes on from a saved state, with the gain that this one was made with.</summary>
    public void Restore(double* from, long count) => state.Restore(from, count);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    private void Run(TrackerJob job, long samples)
    {
        Checks.Require(samples >= 1, "samples", $"samples is {samples}, must be at least 1");
        job.Rows = Tracked;
        job.Samples = samples;
        job.Options = options;
        job.Run(Rows);
    }
}
