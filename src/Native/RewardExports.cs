using System;
using System.Runtime.InteropServices;

namespace Equipoise.Native;

/// <summary>Reward tables, and the rewards of sampled answers.</summary>
internal static unsafe class RewardExports
{
    // Up to and with the kind, the certificate's bias, the id type and the counts.
    private const int SmallestTableOptions = 12;
    private const int SmallestCertificate = 16;
    private const int SmallestAnswerOptions = 12;
    private const int SmallestOutputs = 16;

    [UnmanagedCallersOnly(EntryPoint = "eqp_reward_table_options_init")]
    public static Status InitTableOptions(RewardTableOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, RewardTableOptions.Default, SmallestTableOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_reward_table_create")]
    public static Status CreateTable(long k, RewardTableOptions* options, void** table)
    {
        try
        {
            Require.NotNull(table, "table");
            RewardTableOptions wanted =
                options == null ? RewardTableOptions.Default : SizedStruct.Read(options, RewardTableOptions.Default, SmallestTableOptions, "options");
            *table = Handle.Create(new RewardTable(k, wanted));
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_reward_table_read")]
    public static Status ReadTable(void* table, double* h, RewardCertificate* certificate)
    {
        try
        {
            RewardTable known = Handle.Get<RewardTable>(table, "table");
            if (certificate != null)
            {
                SizedStruct.Fill(certificate, certificate->StructSize, known.Certify(), SmallestCertificate, "certificate");
            }

            if (h != null)
            {
                known.Values.CopyTo(new(h, known.K));
            }

            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_reward_table_free")]
    public static void FreeTable(void* table)
    {
        try
        {
            Handle.Free(table);
        }
        catch (Exception error)
        {
            LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_answer_options_init")]
    public static Status InitAnswerOptions(AnswerOptions* options, nuint structSize)
    {
        try
        {
            SizedStruct.Fill(options, structSize, AnswerOptions.Default, SmallestAnswerOptions, "options");
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "eqp_answer_rewards")]
    public static Status Reward(void* table, void* ids, long prompts, long answers, AnswerOptions* options, AnswerOutputs* outputs)
    {
        try
        {
            RewardTable known = Handle.Get<RewardTable>(table, "table");
            AnswerOptions wanted =
                options == null ? AnswerOptions.Default : SizedStruct.Read(options, AnswerOptions.Default, SmallestAnswerOptions, "options");
            AnswerOutputs where = SizedStruct.Read(outputs, default, SmallestOutputs, "outputs");
            AnswerRewards.Compute(known, ids, prompts, answers, in wanted, in where);
            return Status.Ok;
        }
        catch (Exception error)
        {
            return LastError.Record(error);
        }
    }
}
