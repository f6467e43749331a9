using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Equipoise.Kernels.Compiler;

/// <summary>
/// Makes emitted OpenCL C stable and plain 1.2: names that do not vary from run to run and are each entry's own, global pointers for generic
/// ones, barriers that fence local memory too, and no contraction of products and sums.
/// </summary>
internal static partial class OpenClRewriter
{
    internal const string Header = "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n#pragma OPENCL FP_CONTRACT OFF\n";

    private static readonly string[] Foreign = ["sub_group", "work_group_reduce", "work_group_scan", "atomic", "half", "printf", "shared_var_", "__private", "asm"];

    internal static string Rewrite(string source, string entry)
    {
        StringBuilder result = new();
        Dictionary<string, string> names = [];
        foreach (string raw in source.Split('\n'))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line.StartsWith("//") || line.StartsWith("#pragma"))
            {
                continue;
            }

            line = Type().Replace(line, match => Renamed(names, entry, match.Value));
            line = line.Replace("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", "barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
            line = line.Replace("__generic", "global");
            Check(line);
            result.Append(line).Append('\n');
        }

        return result.ToString();
    }

    private static string Renamed(Dictionary<string, string> names, string entry, string type)
    {
        bool isKernelType = type.EndsWith("_kernel");
        string key = isKernelType ? type[..^"_kernel".Length] : type;
        if (!names.TryGetValue(key, out string? name))
        {
            name = names[key] = entry + "_t" + names.Count.ToString(CultureInfo.InvariantCulture);
        }

        return isKernelType ? name + "_kernel" : name;
    }

    private static void Check(string line)
    {
        foreach (string word in Foreign)
        {
            if (line.Contains(word))
            {
                throw new RewriteException($"OpenCL C that no rule covers ({word}): {line}");
            }
        }

        if (line.Contains("barrier") && !line.StartsWith("barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)"))
        {
            throw new RewriteException($"a barrier that no rule covers: {line}");
        }
    }

    [GeneratedRegex(@"\btype_\d+(_kernel)?\b")]
    private static partial Regex Type();
}
