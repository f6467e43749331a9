using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Equipoise.Kernels.Compiler;

/// <summary>
/// Makes emitted PTX stable and strict: names that do not vary from run to run, accesses in the global state space, and floating-point sums
/// and products that name their rounding, so that no assembler fuses them its own way. Anything outside the known subset is an error.
/// </summary>
internal static partial class PtxRewriter
{
    internal const string Header = ".version 6.3\n.target sm_70\n.address_size 64\n";

    private static readonly HashSet<string> Known =
    [
        "abs.f32", "abs.f64", "add.f32", "add.f64", "add.s32", "add.s64", "add.u64", "and.b32", "and.b64", "and.pred", "bar.sync", "bra", "bra.uni",
        "brx.idx", "cvt.f32.s32", "cvt.f64.f32", "cvt.f64.s32", "cvt.rn.f32.f64", "cvt.rn.f32.s32", "cvt.rn.f64.s32", "cvt.rn.f64.s64", "cvt.rzi.s32.f32", "cvt.rzi.s32.f64", "cvt.s16.s32",
        "cvt.s32.s16", "cvt.s32.s64", "cvt.s32.u8", "cvt.s64.s32", "cvt.u32.u64", "cvt.u64.u32", "div.rn.f32", "div.rn.f64", "div.s32", "div.s64", "fma.rn.f32", "fma.rn.f64", "ld.b16",
        "ld.b32", "ld.b64", "ld.b8", "ld.f32", "ld.f64", "ld.param.b32", "ld.param.b64", "ld.param.f64", "ld.shared.b32", "ld.shared.f64", "ld.v2.b32", "ld.v2.f64",
        "ld.v4.b32", "ld.v2.b64", "mad.lo.u64", "max.f32", "max.f64", "max.s32", "max.s64", "min.f32", "min.f64", "min.s32", "min.s64", "mov.b16", "mov.b32", "mov.b64", "mov.f32", "mov.f64",
        "mov.pred", "mov.u32", "mul.f32", "mul.f64", "mul.lo.s32", "mul.lo.s64", "mul.wide.u32", "neg.f32", "neg.f64", "neg.s32", "not.b32", "not.pred", "or.b32", "or.b64", "or.pred", "rcp.rn.f64",
        "rem.s32", "rem.s64", "ret", "selp.b32", "selp.b64", "setp.eq.f32", "setp.eq.f64", "setp.eq.s32", "setp.eq.s64", "setp.ge.f64", "setp.ge.or.s32", "setp.ge.s32", "setp.ge.s64",
        "setp.geu.f32", "setp.geu.f64", "setp.gt.f32", "setp.gt.f64", "setp.gt.s32", "setp.gt.s64", "setp.gtu.f32", "setp.gtu.f64", "setp.hi.u32", "setp.hs.u32", "setp.le.f32", "setp.le.f64",
        "setp.le.s32", "setp.le.s64", "setp.leu.f32", "setp.leu.f64", "setp.lo.u32", "setp.ls.u32", "setp.lt.f32", "setp.lt.f64", "setp.lt.s32", "setp.lt.s64", "setp.ltu.f32", "setp.ltu.f64",
        "setp.ne.f32", "setp.ne.f64", "setp.ne.s32", "setp.ne.s64", "setp.ne.u32", "setp.neu.f32", "setp.neu.f64", "shl.b32", "shl.b64", "shr.s32", "shr.s64", "shr.u32", "shr.u64", "sqrt.rn.f64",
        "st.b16", "st.b32", "st.b64", "st.b8", "st.f64", "st.shared.b32", "st.shared.b64", "st.shared.f64", "st.shared.v2.b32", "ld.shared.b64", "ld.shared.v2.b32", "st.v2.b32", "st.v4.b32", "sub.f32", "sub.f64", "sub.s32", "sub.s64", "sub.u64", "testp.finite.f64",
        "testp.infinite.f64", "testp.notanumber.f32", "testp.notanumber.f64", "xor.b32", "xor.pred",
    ];

    /// <param name="assembly">As it was emitted, with one entry.</param>
    /// <param name="sharedBytes">Its static shared memory.</param>
    internal static string Rewrite(string assembly, out int sharedBytes)
    {
        StringBuilder result = new();
        Dictionary<string, string> labels = [];
        sharedBytes = 0;
        foreach (string raw in assembly.Split('\n'))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line.StartsWith("//") || line.StartsWith(".version") || line.StartsWith(".target") || line.StartsWith(".address_size"))
            {
                continue;
            }

            line = Label().Replace(line, match => Renamed(labels, match.Value));
            line = ParameterName().Replace(line, "$1");
            sharedBytes += SharedSize(line);
            result.Append(line[0] is '.' or '{' or '}' or '(' or ')' || line.EndsWith(':') ? Directive(line) : Instruction(line)).Append('\n');
        }

        return result.ToString();
    }

    private static string Renamed(Dictionary<string, string> labels, string label)
    {
        if (!labels.TryGetValue(label, out string? name))
        {
            name = labels[label] = "L" + labels.Count.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }

    private static int SharedSize(string line)
    {
        Match match = Shared().Match(line);
        return match.Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    private static string Directive(string line)
    {
        bool isKnown = line.Length == 1 || line.EndsWith(':') || line.StartsWith(".visible .entry Kernel_") || line.StartsWith(".param .align 8 .b8 ") ||
            line.StartsWith(".shared .align ") || line.StartsWith(".reg ") || line.StartsWith(".branchtargets ");
        return isKnown ? line : throw new RewriteException($"PTX that no rule covers: {line}");
    }

    private static string Instruction(string line)
    {
        Match match = Opcode().Match(line);
        string opcode = match.Groups[2].Value;
        if (!match.Success || !Known.Contains(opcode) || line.Contains(".local") || line.Contains("shared_var_"))
        {
            throw new RewriteException($"PTX that no rule covers: {line}");
        }

        string rewritten = opcode switch
        {
            "add.f32" or "add.f64" or "sub.f32" or "sub.f64" or "mul.f32" or "mul.f64" => opcode.Insert(3, ".rn"),
            _ when opcode.StartsWith("ld.") && !opcode.StartsWith("ld.param.") && !opcode.StartsWith("ld.shared.") => opcode.Insert(2, ".global"),
            _ when opcode.StartsWith("st.") && !opcode.StartsWith("st.shared.") => opcode.Insert(2, ".global"),
            _ => opcode,
        };
        return match.Groups[1].Value + rewritten + line[match.Length..].Replace("\t", " ");
    }

    [GeneratedRegex(@"\bL_\d+\b")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(_[A-Za-z]+)_\d+\b")]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"^\.shared .*\[(\d+)\];$")]
    private static partial Regex Shared();

    [GeneratedRegex(@"^(@!?%p\d+ )?([a-z]+[a-z0-9.]*)(?=[\s;])")]
    private static partial Regex Opcode();
}
