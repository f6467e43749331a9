using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Equipoise.Vectors;

namespace Equipoise.Benchmarks;

/// <summary>The benchmarks at every register width, as a file of results.</summary>
internal static class WidthRuns
{
    internal static int All()
    {
        JsonObject result = Results.Machine();
        result["benchmark"] = $"{SolveBenchmarks.Rows} x {SolveBenchmarks.Columns} normal logits, one thread; BenchmarkDotNet, short run";
        result["lines"] = Children.AtEveryWidth("benchmarks");
        Results.Write($"{Results.Label}-managed.json", result);
        return 0;
    }

    /// <summary>Runs the benchmarks in this process. Fails where a call allocates.</summary>
    internal static int One(string bits)
    {
        Children.RequireWidth(bits);
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.Artifacts"))
            .WithOptions(ConfigOptions.DisableLogFile);
        Summary summary = BenchmarkRunner.Run<SolveBenchmarks>(config);
        Children.HandBack([.. summary.Reports.Select(Line)]);
        List<string> faults = Faults(summary);
        faults.ForEach(Console.Error.WriteLine);
        return faults.Count == 0 ? 0 : 1;
    }

    private static JsonNode Line(BenchmarkReport report)
    {
        const double Elements = (double)SolveBenchmarks.Rows * SolveBenchmarks.Columns;
        JsonObject line = new() { ["bits"] = Width.Bits, ["dtype"] = report.BenchmarkCase.Parameters["DType"].ToString() };
        line["method"] = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
        line["median_ns_per_element"] = Results.Rounded((report.ResultStatistics?.Median ?? double.NaN) / Elements, 4);
        line["q1_ns_per_element"] = Results.Rounded((report.ResultStatistics?.Q1 ?? double.NaN) / Elements, 4);
        line["q3_ns_per_element"] = Results.Rounded((report.ResultStatistics?.Q3 ?? double.NaN) / Elements, 4);
        line["allocated_bytes_per_call"] = Allocated(report);
        return line;
    }

    private static List<string> Faults(Summary summary)
    {
        List<string> faults = [.. summary.Reports.Where(r => !r.Success).Select(r => $"{r.BenchmarkCase.DisplayInfo} did not run")];
        faults.AddRange(summary.Reports.Where(r => r.Success && Allocated(r) != 0)
            .Select(r => $"{r.BenchmarkCase.DisplayInfo} allocates {Allocated(r)} bytes a call"));
        return faults;
    }

    private static long? Allocated(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
}
