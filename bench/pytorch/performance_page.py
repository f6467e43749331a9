"""docs/performance.md and its picture, from the files in bench/results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OURS = "alpha and q"


def rows(result: dict[str, Any]) -> list[tuple[str, str, float, str]]:
    """what, reach, measured, unit or sense; only what was measured."""
    median = {name: values[1] for name, values in result["seconds"].items()}
    found: list[tuple[str, str, float, str]] = []

    def ratio(what: str, reach: str, over: str, under: str) -> None:
        if over in median and under in median:
            found.append((what, reach, median[over] / median[under], "×"))

    ratio("time against the C yardstick", "≤ 1.15, aim 1", OURS, "C yardstick")
    ratio("time against two `torch.log_softmax`", "≤ 0.6, aim 0.4", OURS, "two log_softmax")
    ratio("the reference code in PyTorch against ours", "≥ 150", "the reference code in PyTorch", OURS)
    ratio("the same with its logarithms hoisted", "–", "the same with its logarithms hoisted", OURS)
    ratio("Newton in eager PyTorch against ours", "–", "Newton in eager PyTorch", OURS)
    ratio("Newton by `torch.compile` against ours", "–", "Newton by torch.compile", OURS)
    ratio("bf16 → bf16 against f32 → f32", "≤ 1.0", "bf16 to bf16", OURS)
    ratio("α only against α and q", "≤ 0.75", "alpha only", OURS)
    if result["threads"]:
        found.append(("one thread against two", "≥ 1.85", result["threads"]["one"][1] / result["threads"]["two"][1], "×"))
    for language, reach in (("c", "≤ 2"), ("python", "≤ 12")):
        times = result["one_row_us"][language]
        found.append((f"1 × 51200 above 1/64 of the batch, from {'C' if language == 'c' else 'Python'}", reach, times["alone"] - times["batch"] / 64, "µs"))
    wide = [shape["ns"] for shape in result["shapes"] if shape["columns"] >= 4096]
    if wide:
        found.append(("time per element from V = 4096 on, worst over best", "≤ 1.3", max(wide) / min(wide), "×"))
    return found


LIMITS = {
    "alpha error, normal logits of sigma 1 to 4, f32": "5e-7",
    "alpha error, real rows, f32": "1e-5, aim 1e-6",
    "total variation of q, real rows, f32": "1e-6",
    "|sum q - 1|, real rows, f32": "1e-6",
    "alpha error times sigma, real rows, f64": "1e-12",
    "total variation of q, real rows, f64": "1e-13",
}


def table(result: dict[str, Any]) -> str:
    """Markdown: what, reach, measured."""
    lines = ["| what | reach | measured |", "|---|---|---|"]
    lines += [f"| {what} | {reach} | {value:.3g} {unit} |" for what, reach, value, unit in rows(result)]
    lines += [f"| {what} | {LIMITS.get(what, '–')} | {value:.1e} |" for what, value in result["accuracy"].items()]
    return "\n".join(lines)


def seconds(result: dict[str, Any]) -> str:
    lines = ["| 64 × 51200, one thread | median, ms | quartiles, ms | ns an element |", "|---|---|---|---|"]
    for name, (low, middle, high) in sorted(result["seconds"].items(), key=lambda item: item[1][1]):
        label = f"**Equipoise: {name}**" if name in (OURS, "alpha only", "bf16 to bf16") else name
        lines.append(f"| {label} | {middle * 1e3:.3g} | {low * 1e3:.3g} – {high * 1e3:.3g} | {middle / 64 / 51200 * 1e9:.3g} |")
    return "\n".join(lines)


def section(result: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {result[name]}" for name in ("torch", "numpy", "python") if name in result)
    head = f"## {result['cpu']}, {result['isa']}, {result['date']}"
    return f"{head}\n\nEquipoise {result['equipoise']}, {versions}; {result['cores']} cores.\n\n{seconds(result)}\n\n{table(result)}\n"


INTRODUCTION = """# Performance

Made by `./build.sh bench` from the files in `bench/results`, which hold every figure on this page. Contestants run in turn in one
process, pinned to one core unless the line says otherwise; medians and quartiles are of 60 rounds (5 for the slowest). The C yardstick is a
hand-written AVX-512 or AVX2 program of the same algorithm, given by `EQUIPOISE_YARDSTICK`; it is not part of this repository. The machines
are shared: compare ratios.

![time per element over widths](images/shapes.svg)
"""


def picture(result: dict[str, Any], path: Path) -> None:
    """Time per element over V, one line per number of rows."""
    try:
        import matplotlib

        matplotlib.use("svg")
        matplotlib.rcParams["svg.hashsalt"] = "equipoise"
        import matplotlib.pyplot as plt
    except ImportError:
        print("matplotlib is not installed: the picture is left as it was", file=sys.stderr)
        return
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for count in sorted({shape["rows"] for shape in result["shapes"]}):
        line = [(shape["columns"], shape["ns"]) for shape in result["shapes"] if shape["rows"] == count]
        axes.plot(*zip(*line), marker="o", markersize=3, label=f"{count} rows")
    axes.set_xscale("log", base=2)
    axes.set_ylim(0)
    axes.set_xlabel("columns (vocabulary)")
    axes.set_ylabel("ns an element, one thread")
    axes.legend(frameon=False, ncol=2)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def write(root: Path) -> None:
    files = sorted((root / "bench" / "results").glob("*x86-64*.json"), reverse=True)
    results = [json.loads(file.read_text()) for file in files]
    shaped = [result for result in results if result.get("shapes")]
    if shaped:
        picture(shaped[0], root / "docs" / "images" / "shapes.svg")
    text = INTRODUCTION + "".join(f"\n{section(result)}" for result in results)
    (root / "docs" / "performance.md").write_text(text)


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[2])
