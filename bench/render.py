"""docs/performance.md, its picture, and the measured parts of docs/accuracy.md, from the files in bench/results.

    python bench/render.py            writes them
    python bench/render.py --check    writes nothing; fails where they differ from what it would write

The same results give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import json
import pathlib
import sys
from typing import Any, Optional

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS, DOCS = ROOT / "bench" / "results", ROOT / "docs"
sys.path.insert(0, str(ROOT / "bench" / "pytorch"))

import figures  # noqa: E402

Results = dict[str, Any]
SHAPES = "images/time-per-element.svg"
NAMES = {
    "equipoise": "Equipoise, α and q, f32",
    "equipoise_alpha_only": "Equipoise, α only, f32",
    "equipoise_bf16": "Equipoise, α and q, bf16 → bf16",
    "yardstick": "C yardstick, α and q, f32",
    "two_log_softmax": "two `torch.log_softmax`, f32, outputs ready",
    "two_log_softmax_bf16": "two `torch.log_softmax`, bf16, outputs ready",
    "newton_compiled": "PyTorch, Newton by `torch.compile`",
    "newton": "PyTorch, Newton by an expert, eager",
    "bisection_hoisted": "PyTorch, the reference with its logarithms hoisted",
    "reference": "PyTorch, the reference",
}
DRAWS = {
    "solve": "`solve`, α and q",
    "sample_1": "`sample`, 1 draw a row",
    "sample_8": "`sample`, 8 draws a row",
    "sample_8_top_k_50": "`sample`, 8 draws, `top_k=50`",
    "sample_8_top_p_0.9": "`sample`, 8 draws, `top_p=0.9`",
    "sample_8_min_p_0.05": "`sample`, 8 draws, `min_p=0.05`",
    "sample_8_without_replacement": "`sample`, 8 draws without replacement",
    "torch_multinomial_1": "`torch.multinomial` of a finished q, 1 draw a row",
    "torch_multinomial_8": "the same, 8 draws",
    "torch_multinomial_8_without_replacement": "the same, 8 draws without replacement",
}


def main() -> int:
    """Writes, or compares."""
    parser = argparse.ArgumentParser(description="documents from bench/results")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    result, ulp, managed = _latest("one_thread"), _read("ulp.json"), _latest("benchmark")
    if result is None or ulp is None:
        print("bench/results lacks a side-by-side (./build.sh bench) or ulp.json (dotnet run -c Release --project bench/Managed -- ulp)")
        return 1
    pages = {DOCS / "performance.md": performance(result, managed), DOCS / "accuracy.md": accuracy(result, ulp)}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is out of date' if check else 'written'}")
        if not check:
            path.write_text(pages[path], encoding="utf-8")
    if not check:
        (DOCS / SHAPES).parent.mkdir(exist_ok=True)
        (DOCS / SHAPES).write_text(picture(result["shapes"]), encoding="utf-8")
    return 1 if check and stale else 0


def performance(result: Results, managed: Optional[Results]) -> str:
    """The whole page."""
    machine, worst = result["machine"], figures.worst_shape(result["shapes"])
    parts = [
        "# Performance",
        "Made by `bench/render.py` from `bench/results`; `./build.sh bench` measures again. Figures are medians of interleaved rounds,"
        " ratios are medians of the ratios within a round.",
        f"{machine['cpu']} (family and model {machine['cpu_family_model']}), {machine['cores']} cores, {machine['isa']}; Equipoise"
        f" {machine['equipoise']}, PyTorch {machine['torch']} ({machine['torch_capability']}), NumPy {machine['numpy']}, Python"
        f" {machine['python']}; {machine['date']}. The C yardstick is a hand-written program for this one case (f32, no masks, no bad rows, no"
        " options), not part of the repository.",
        "## What was to be reached",
        _table(["what", "reach", "measured", "met?"], figures.table(result)),
        "## 64 × 51200 on one core",
        _table(["", "median, ms", "quartiles, ms", "ns an element"], _times(result["one_thread"]["ms"])),
        "## Draws from q, the same rows",
        "`sample` solves, and never writes q; `torch.multinomial` is given a q that somebody has solved for and written.",
        _table(["", "median, ms", "quartiles, ms", "of `solve` with q"], _draws(result["sampling"])),
        "## Lower instruction sets, the same job",
        _table(["level", "median, ms", "against two `log_softmax`", "against a C yardstick for the level"], _levels(result)),
        "## Time an element, by rows and columns",
        f"![nanoseconds an element over the number of columns, a line for each number of rows]({SHAPES})",
        f"On one core, called from C, f32 in and out. Best {worst['best']:.2f} ns; the worst from 4096 columns on is {worst['rows']} ×"
        f" {worst['columns']} with {worst['ns_per_element']:.2f} ns. Small batches stay in the caches and large ones come from memory; below"
        " 4096 columns the scalar steps of a row (the guess, about a microsecond) show.",
    ]
    if managed is not None:
        head = ["register", "dtype", "what", "ns an element", "bytes allocated a call"]
        runtime = f"{managed['benchmark']}; {managed['runtime']}, {managed['date']}."
        parts += ["## From C#, just-in-time compiled", runtime, _table(head, _managed(managed))]
    return "\n\n".join(parts) + "\n"


def accuracy(result: Results, ulp: Results) -> str:
    """The page as it is, with its measured parts replaced."""
    text = (DOCS / "accuracy.md").read_text(encoding="utf-8")
    text = _between(text, "ulp", _ulp(ulp))
    return _between(text, "rows", _rows(result))


def picture(shapes: Results) -> str:
    """Time an element as SVG, without anything that changes from run to run."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "equipoise"
    from matplotlib import pyplot
    from matplotlib.ticker import ScalarFormatter

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    table = shapes["table"]
    for rows in sorted({line["rows"] for line in table}):
        points = sorted((line["columns"], line["ns_per_element"]) for line in table if line["rows"] == rows)
        axes.plot(*zip(*points), marker="o", markersize=3, label=f"{rows} row{'s' if rows > 1 else ''}")
    best = min(line["ns_per_element"] for line in table)
    axes.plot([4096, max(line["columns"] for line in table)], [1.3 * best] * 2, "k--", linewidth=1, label="1.3 × the best")
    axes.set(xscale="log", xlabel="columns", ylabel="ns an element", ylim=(0, None))
    columns = sorted({line["columns"] for line in table})
    axes.set_xticks(columns, [str(column) for column in columns])
    axes.xaxis.set_minor_formatter(ScalarFormatter())
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(ncol=2, fontsize="small")
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _times(times: Results) -> list[list[str]]:
    elements = 64 * 51200
    return [
        [NAMES[name], f"{ms['median']:.3g}", f"{ms['q1']:.3g}–{ms['q3']:.3g}", f"{ms['median'] * 1e6 / elements:.3g}"]
        for name, ms in sorted(times.items(), key=lambda item: float(item[1]["median"]))
    ]


def _draws(section: Results) -> list[list[str]]:
    ratios = {line["of"]: f"{line['median']:.2f}" for line in section["ratios"]}
    return [
        [DRAWS[name], f"{ms['median']:.3g}", f"{ms['q1']:.3g}–{ms['q3']:.3g}", ratios.get(name, "1")] for name, ms in section["ms"].items()
    ]


def _levels(result: Results) -> list[list[str]]:
    sections = {result["one_thread"]["isa"]: result["one_thread"], **result["levels"]}
    lines = []
    for level, section in sections.items():
        against = {line["to"]: f"{line['median']:.2f}" for line in section["ratios"] if line["of"] == "equipoise"}
        milliseconds = f"{section['ms']['equipoise']['median']:.3g}"
        lines.append([level, milliseconds, against["two_log_softmax"], against.get("yardstick", "–")])
    return lines


def _managed(managed: Results) -> list[list[str]]:
    what = {"AlphaAndQ": "α and q", "AlphaOnly": "α only"}
    return [
        [
            f"{line['bits']} bits",
            line["dtype"],
            what[line["method"]],
            f"{line['median_ns_per_element']:.2f}",
            str(line["allocated_bytes_per_call"]),
        ]
        for line in managed["lines"]
    ]


def _ulp(ulp: Results) -> str:
    """One line a function and range, one pair of columns a width."""
    widths = sorted({line["bits"] for line in ulp["lines"]})
    kinds: dict[tuple[str, str, float, float], dict[int, Results]] = {}
    for line in ulp["lines"]:
        kinds.setdefault((line["type"], line["function"], line["low"], line["high"]), {})[line["bits"]] = line
    head = ["function", "type", "range", "arguments", *[f"{bits} bits: max (mean)" for bits in widths]]
    rows = []
    for (kind, function, low, high), found in kinds.items():
        cells = [f"{found[bits]['max_ulp']:.2f} ({found[bits]['mean_ulp']:.2f})" if bits in found else "–" for bits in widths]
        count = next(iter(found.values()))["arguments"]
        rows.append([f"`{function}`", kind, f"[{_number(low)}, {_number(high)}]", f"{count:,}", *cells])
    return f"{ulp['cpu']}, {ulp['runtime']}, {ulp['date']}.\n\n" + _table(head, rows)


def _rows(result: Results) -> str:
    found, machine = result["accuracy"], result["machine"]
    rows, columns = found["normal_shape"]
    real = " × ".join(str(n) for n in found["real_shape"])
    kinds = [(f"normal, σ = {line['sigma']:g}", line) for line in found["normal"]] + [("real", found["real"])]
    fields = ("alpha", "alpha_only", "alpha_times_sigma", "total_variation", "mass", "kl_relative", "residual")
    head = ["rows", "dtype", "α", "α alone", "α·σ", "total variation of q", "abs(Σq − 1)", "KL, relative", "residual", "one writing sweep"]
    lines = [
        [name, dtype, *[f"{line[dtype][field]:.1e}" for field in fields], f"{100 * line[dtype]['rows_of_one_writing_sweep']:.0f}%"]
        for name, line in kinds
        for dtype in ("f32", "f64")
    ]
    told = f"{rows} × {columns} normal and {real} real logits; {machine['cpu']}, {machine['isa']}, {machine['date']}."
    return f"{told} Largest errors against 80-bit floats; for α of real rows, of those with KL(q*‖π_θ) ≥ 1e-6.\n\n" + _table(head, lines)


def _number(x: float) -> str:
    return f"{x:.4g}" if 1e-4 <= abs(x) < 1e6 or x == 0 else f"{x:.1e}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _between(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def _latest(key: str) -> Optional[Results]:
    """The newest file that has a key, by its date, then its name."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    having = [result for result in found if key in result]
    return max(having, key=_date) if having else None


def _date(result: Results) -> str:
    return str(result.get("machine", result)["date"])


def _read(name: str) -> Optional[Results]:
    path = RESULTS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
