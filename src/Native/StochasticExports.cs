using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Estimators that carry a state, and simulated processes.</summary>
internal static unsafe class StochasticExports
{
    // Up to and with the first member: a number, or an enum.
    private const int SmallestOptions = 16;
    private const int SmallestEnumOptions = 12;

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_create")]
    public static Status CreateMean(long size, void** mean)
    {
        try
        {
            Require.NotNull(mean, "mean");
            *mean = Handle.Create(new RunningMean(size));
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_update")]
    public static Status UpdateMean(void* mean, double* x, long samples)
    {
        try
        {
            Handle.Get<RunningMean>(mean, "mean").Update(x, samples);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_read")]
    public static Status ReadMean(void* mean, double* means, double* variances, long* count)
    {
        try
        {
            RunningMean known = Handle.Get<RunningMean>(mean, "mean");
            known.Read(means, variances);
            if (count != null)
            {
                *count = known.Count;
            }

            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_state_size")]
    public static long MeanStateSize(void* mean)
    {
        try
        {
            return mean == null ? 0 : Handle.Get<RunningMean>(mean, "mean").StateSize;
        }
        catch (Exception error)
        {
            LastError.Record(error);
            return 0;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_save")]
    public static Status SaveMean(void* mean, double* state)
    {
        try
        {
            RunningMean known = Handle.Get<RunningMean>(mean, "mean");
            Require.NotNull(state, "state");
            known.Save(state);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_restore")]
    public static Status RestoreMean(void* mean, double* state, long stateSize)
    {
        try
        {
            RunningMean known = Handle.Get<RunningMean>(mean, "mean");
            Require.NotNull(state, "state");
            known.Restore(state, stateSize);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_running_mean_free")]
    public static void FreeMean(void* mean)
    {
        try
        {
            Handle.Free(mean);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_options_init")]
    public static Status InitIterationOptions(RobbinsMonroOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, RobbinsMonroOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_create")]
    public static Status CreateIteration(long size, double* w, RobbinsMonroOptions* options, void** iteration)
    {
        try
        {
            Require.NotNull(iteration, "iteration");
            RobbinsMonroOptions wanted =
                options == null ? RobbinsMonroOptions.Default : SizedStruct.Read(options, RobbinsMonroOptions.Default, SmallestOptions, "options");
            *iteration = Handle.Create(new RobbinsMonro(size, w, wanted));
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_step")]
    public static Status StepIteration(void* iteration, double* g)
    {
        try
        {
            Handle.Get<RobbinsMonro>(iteration, "iteration").Step(g);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_read")]
    public static Status ReadIteration(void* iteration, double* w, double* average, long* k)
    {
        try
        {
            RobbinsMonro known = Handle.Get<RobbinsMonro>(iteration, "iteration");
            known.Read(w, average);
            if (k != null)
            {
                *k = known.K;
            }

            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_state_size")]
    public static long IterationStateSize(void* iteration)
    {
        try
        {
            return iteration == null ? 0 : Handle.Get<RobbinsMonro>(iteration, "iteration").StateSize;
        }
        catch (Exception error)
        {
            LastError.Record(error);
            return 0;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_save")]
    public static Status SaveIteration(void* iteration, double* state)
    {
        try
        {
            RobbinsMonro known = Handle.Get<RobbinsMonro>(iteration, "iteration");
            Require.NotNull(state, "state");
            known.Save(state);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_restore")]
    public static Status RestoreIteration(void* iteration, double* state, long stateSize)
    {
        try
        {
            RobbinsMonro known = Handle.Get<RobbinsMonro>(iteration, "iteration");
            Require.NotNull(state, "state");
            known.Restore(state, stateSize);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_robbins_monro_free")]
    public static void FreeIteration(void* iteration)
    {
        try
        {
            Handle.Free(iteration);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_options_init")]
    public static Status InitTrackerOptions(AlphaTrackerOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, AlphaTrackerOptions.Default, SmallestEnumOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_create")]
    public static Status CreateTracker(long rows, AlphaTrackerOptions* options, void** tracker)
    {
        try
        {
            Require.NotNull(tracker, "tracker");
            AlphaTrackerOptions wanted =
                options == null ? AlphaTrackerOptions.Default : SizedStruct.Read(options, AlphaTrackerOptions.Default, SmallestEnumOptions, "options");
            *tracker = Handle.Create(new AlphaTracker(rows, wanted));
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_update")]
    public static Status UpdateTracker(void* tracker, double* logRatio, long samples, byte* rowMask, RowStatus* rowStatus)
    {
        try
        {
            Handle.Get<AlphaTracker>(tracker, "tracker").Update(logRatio, samples, rowMask, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_update_off_path")]
    public static Status UpdateTrackerOffPath(
        void* tracker, double* logTheta, double* logTarget, double* logMu, long samples, byte* rowMask, RowStatus* rowStatus)
    {
        try
        {
            AlphaTracker known = Handle.Get<AlphaTracker>(tracker, "tracker");
            known.UpdateOffPath(logTheta, logTarget, logMu, samples, rowMask, rowStatus);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_read")]
    public static Status ReadTracker(void* tracker, double* alpha, double* variance, long* updates)
    {
        try
        {
            Handle.Get<AlphaTracker>(tracker, "tracker").Read(alpha, variance, updates);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_state_size")]
    public static long TrackerStateSize(void* tracker)
    {
        try
        {
            return tracker == null ? 0 : Handle.Get<AlphaTracker>(tracker, "tracker").StateSize;
        }
        catch (Exception error)
        {
            LastError.Record(error);
            return 0;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_save")]
    public static Status SaveTracker(void* tracker, double* state)
    {
        try
        {
            AlphaTracker known = Handle.Get<AlphaTracker>(tracker, "tracker");
            Require.NotNull(state, "state");
            known.Save(state);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_restore")]
    public static Status RestoreTracker(void* tracker, double* state, long stateSize)
    {
        try
        {
            AlphaTracker known = Handle.Get<AlphaTracker>(tracker, "tracker");
            Require.NotNull(state, "state");
            known.Restore(state, stateSize);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_alpha_tracker_free")]
    public static void FreeTracker(void* tracker)
    {
        try
        {
            Handle.Free(tracker);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_dvoretzky_options_init")]
    public static Status InitDvoretzkyOptions(DvoretzkyOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, DvoretzkyOptions.Default, SmallestOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_dvoretzky")]
    public static Status SimulateDvoretzky(long paths, DvoretzkyOptions* options, double* values)
    {
        try
        {
            DvoretzkyOptions wanted =
                options == null ? DvoretzkyOptions.Default : SizedStruct.Read(options, DvoretzkyOptions.Default, SmallestOptions, "options");
            Processes.Dvoretzky(paths, in wanted, values);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_sgd_options_init")]
    public static Status InitSgdOptions(SgdOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, SgdOptions.Default, SmallestEnumOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_sgd")]
    public static Status SimulateSgd(long paths, SgdOptions* options, double* values)
    {
        try
        {
            SgdOptions wanted =
                options == null ? SgdOptions.Default : SizedStruct.Read(options, SgdOptions.Default, SmallestEnumOptions, "options");
            Processes.Sgd(paths, in wanted, values);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
