"""Puts the measured figures of bench/results into the README, between its two marks.

    python3 bench/pytorch/table.py            writes README.md
    python3 bench/pytorch/table.py --check    says whether README.md is what it would write
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS, README = ROOT / "bench" / "results", ROOT / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

ELEMENTS = 64 * 51200
OURS = "equipoise"
NAMES = {
    "equipoise_alpha_only": "Equipoise, α\\* alone",
    OURS: "**Equipoise, α\\* and q\\***",
    "equipoise_bf16": "Equipoise, α\\* and q\\*, bfloat16 in and out",
    "two_log_softmax": "two `torch.log_softmax` alone, into memory that stands ready",
    "newton_compiled": "PyTorch, Newton by `torch.compile`",
    "newton": "PyTorch, Newton by an expert, eager",
    "bisection_hoisted": "PyTorch, the reference code with its logarithms hoisted",
    "reference": "PyTorch, the reference code",
}


def results() -> list[dict[str, Any]]:
    """Every side-by-side, that of the widest instruction set and the latest date last."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(RESULTS.glob("*.json"))]
    whole = [result for result in found if isinstance(result, dict) and OURS in result.get("one_thread", {}).get("ms", {})]
    return sorted(whole, key=_age)


def _age(result: dict[str, Any]) -> tuple[str, str]:
    return str(result["machine"]["isa"]), str(result["machine"]["date"])


def times(result: dict[str, Any]) -> list[str]:
    """The table of everyone who was timed on one thread, the fastest first."""
    medians = {name: summary["median"] for name, summary in result["one_thread"]["ms"].items() if name in NAMES}
    lines = ["| 64 × 51200 float32 logits, one thread | ms | ns an element | × ours |", "|---|--:|--:|--:|"]
    for name, ms in sorted(medians.items(), key=lambda item: float(item[1])):
        ratio = ms / medians[OURS]
        shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
        lines.append(f"| {NAMES[name]} | {ms:#.3g} | {ms * 1e6 / ELEMENTS:#.3g} | {shown} |".replace(". |", " |"))
    return lines


def losses(result: dict[str, Any]) -> list[str]:
    """Where it is slower than it might be, with the figures."""
    one = result["one_thread"]
    lines = [
        _said(ratio(one, OURS, "yardstick"), "Against a C program of the same algorithm for this one case: {:.2f} × its time."),
        _said(ratio(one, "equipoise_bf16", OURS), "bfloat16 halves the bytes, not the arithmetic: {:.2f} × the time of float32."),
        *_levels(result),
        _two_threads(result["two_threads"]),
        _alone(result),
        _shapes(result["shapes"]["table"]),
        "Rows whose policies are sharply peaked or far apart take more sweeps, some in float64, and can then cost more than two "
        "`log_softmax`: `./build.sh demo` shows by how much, on real rows many of which were chosen for it.",
    ]
    return [f"- {line}" for line in lines if line]


def ratio(section: dict[str, Any], name: str, other: str) -> float | None:
    """The median of a ratio; None where it was not measured."""
    found = [line["median"] for line in section.get("ratios", []) if (line["of"], line["to"]) == (name, other)]
    return float(found[0]) if found else None


def _said(number: float | None, text: str) -> str:
    return text.format(number) if number is not None else ""


def _two_threads(section: dict[str, Any]) -> str:
    """The gain, and how much of it the machine gives at all."""
    told = _said(ratio(section, "equipoise_1", "equipoise_2"), "Two threads are {:.2f} × as fast as one")
    apart = section.get("two_callers_gain")
    return told and told + (f"; two callers that share nothing but this machine get {apart:.2f} × together." if apart else ".")


def _levels(result: dict[str, Any]) -> list[str]:
    """What narrower processors pay."""
    best = result["one_thread"]["ms"][OURS]["median"]
    told = []
    for level, section in result.get("levels", {}).items():
        against = ratio(section, OURS, "two_log_softmax")
        text = f"At {level} it takes {section['ms'][OURS]['median'] / best:.1f} × the time"
        told.append(text + (f", {against:.2f} × that of two `log_softmax`." if against is not None else "."))
    return told


def _alone(result: dict[str, Any]) -> str:
    c, python = (result[name]["above_share_us"]["median"] for name in ("single_row_from_c", "single_row"))
    from_c = f"{c:.1f} µs more" if c > 0 else "no more"
    return f"A row alone costs {from_c} than its share of a batch from C, {python:.1f} µs more from Python."


def _shapes(table: list[dict[str, Any]]) -> str:
    worst, best = (pick(table, key=lambda line: float(line["ns_per_element"])) for pick in (max, min))
    names = [f"{line['rows']} × {line['columns']} takes {line['ns_per_element']:.2f} ns an element" for line in (worst, best)]
    return f"Small work pays for the call: {names[0]}, {names[1]}."


def section(result: dict[str, Any]) -> str:
    """What stands between the marks."""
    machine = result["machine"]
    versions = f"Equipoise {machine['equipoise']}, PyTorch {machine['torch']}, NumPy {machine['numpy']}"
    told = [
        f"{machine['cpu']}, {machine['isa']}; {versions}; medians of interleaved runs on a shared machine, {machine['date']}.",
        f"The largest error of α\\* on real rows is {result['accuracy']['real']['f32']['alpha']:.0e} in float32.",
        "`./build.sh bench` measures it again, into `bench/results`.",
    ]
    heading = "Where it loses, or gains less than one might hope:"
    return "\n".join([*times(result), "", *told, "", heading, "", *losses(result)])


def filled(text: str, result: dict[str, Any]) -> str:
    """The README with the section of a result in place."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{section(result)}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Writes the README, or checks it."""
    parser = argparse.ArgumentParser(description="the README's figures from bench/results")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the README holds the figures of no result")
    check = parser.parse_args().check
    text, found = README.read_text(encoding="utf-8"), results()
    if not found:
        sys.exit(f"{RESULTS} holds no side-by-side: bench/pytorch/run.py makes one")
    if not check:
        README.write_text(filled(text, found[-1]), encoding="utf-8")
    elif all(filled(text, result) != text for result in found):
        sys.exit("README.md holds the figures of no file in bench/results: run bench/pytorch/table.py")


if __name__ == "__main__":
    main()
