"""The figures to reach, and what was measured, as rows of a table: what | reach | measured | met."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

Results = dict[str, Any]


class Figure(NamedTuple):
    """One line. `least`: the measured number must be at least, not at most, the limit. No number: not measured in this run."""

    what: str
    limit: float
    number: Optional[float]
    unit: str = "×"
    aim: Optional[float] = None
    least: bool = False

    def met(self) -> str:
        """Whether the limit is reached; "aim" too where there is one."""
        if self.number is None:
            return "not measured"
        reached = _reaches(self.number, self.limit, self.least)
        if reached and self.aim is not None:
            return "yes, and the aim" if _reaches(self.number, self.aim, self.least) else "yes, not the aim"
        return "yes" if reached else "**no**"

    def cells(self) -> list[str]:
        """what, reach, measured, met."""
        sign = "≥" if self.least else "≤"
        reach = f"{sign} {_text(self.limit, self.unit)}"
        if self.aim is not None:
            reach += f", aim {_text(self.aim, self.unit)}"
        return [self.what, reach, "–" if self.number is None else _text(self.number, self.unit), self.met()]


def table(results: Results) -> list[list[str]]:
    """All lines, in the order of the plan."""
    return [figure.cells() for figure in [*_accuracy(results["accuracy"]), *_speed(results)]]


def _accuracy(found: Results) -> list[Figure]:
    normal, real = found["normal"], found["real"]
    rows, columns = found["normal_shape"]
    count = found["real_shape"][0]
    sigmas = ", ".join(f"{line['sigma']:g}" for line in normal)
    double = [line["f64"] for line in normal] + [real["f64"]]
    return [
        Figure(f"worst error of α, f32, normal logits of σ {sigmas}, V = {columns}", 5e-7, _most(normal, "f32", "alpha"), ""),
        Figure("the same, α alone", 5e-7, _most(normal, "f32", "alpha_only"), ""),
        Figure(f"the same on {count} real rows with KL(q*‖π_θ) ≥ 1e-6", 1e-5, real["f32"]["alpha"], "", aim=1e-6),
        Figure("the same, α alone", 1e-5, real["f32"]["alpha_only"], "", aim=1e-6),
        Figure("total variation of q, real rows", 1e-6, real["f32"]["total_variation"], ""),
        Figure("|Σq − 1|, real rows", 1e-6, real["f32"]["mass"], ""),
        Figure("f64 inputs: error of α times σ", 1e-12, max(line["alpha_times_sigma"] for line in double), ""),
        Figure("f64 inputs: total variation of q", 1e-13, max(line["total_variation"] for line in double), ""),
    ]


def _speed(results: Results) -> list[Figure]:
    one, threads, lower = results["one_thread"], results["two_threads"], results["levels"]
    level = one["isa"]
    figures = [
        Figure(f"time, {level}, against the C yardstick", 1.15, _ratio(one, "equipoise", "yardstick"), aim=1.0),
        Figure("the same against two `torch.log_softmax`", 0.6, _ratio(one, "equipoise", "two_log_softmax"), aim=0.4),
        Figure("the reference's PyTorch code against ours", 150, _ratio(one, "reference", "equipoise"), least=True),
        Figure("bf16 → bf16 against f32 → f32", 1.0, _ratio(one, "equipoise_bf16", "equipoise")),
    ]
    if "x86-64-v3" in lower:
        avx2 = lower["x86-64-v3"]
        figures.append(Figure("AVX2 against the C yardstick for AVX2", 1.15, _ratio(avx2, "equipoise", "yardstick")))
    figures += [
        Figure("α only against α and q", 0.75, _ratio(one, "equipoise_alpha_only", "equipoise")),
        Figure("two threads against one", 1.85, _ratio(threads, "equipoise_1", "equipoise_2"), least=True),
        Figure("1 × 51200 above 1/64 of the batch, from C", 2.0, _above(results["single_row_from_c"]), "µs"),
        Figure("the same, every row from memory as in the batch", 2.0, _above(results["single_row_from_c"], "row_by_row_"), "µs"),
        Figure("1 × 51200 above 1/64 of the batch, from Python: NumPy", 12.0, _above(results["single_row"]), "µs"),
        Figure("the same, tensors", 12.0, _above(results["single_row"], "of_tensors_"), "µs"),
        Figure("the same, tensors into given memory", 12.0, _above(results["single_row"], "of_tensors_into_given_memory_"), "µs"),
        Figure("the same, every row from memory as in the batch", 12.0, _above(results["single_row"], "row_by_row_"), "µs"),
        Figure("time an element, V ≥ 4096, against the best of all shapes: worst", 1.3, worst_shape(results["shapes"])["times_best"]),
        Figure("8 draws a row from q, against α and q", 1.1, _ratio(results["sampling"], "sample_8", "solve")),
        Figure("the same with `top_p=0.9`", 1.5, _ratio(results["sampling"], "sample_8_top_p_0.9", "solve")),
    ]
    return figures


def worst_shape(shapes: Results) -> Results:
    """The shape of V >= 4096 that costs most an element, against the best of all."""
    table = shapes["table"]
    best = min(line["ns_per_element"] for line in table)
    worst = max((line for line in table if line["columns"] >= 4096), key=lambda line: float(line["ns_per_element"]))
    return {**worst, "best": best, "times_best": worst["ns_per_element"] / best}


def _ratio(section: Results, name: str, other: str) -> Optional[float]:
    for line in section.get("ratios", []):
        if line["of"] == name and line["to"] == other:
            return float(line["median"])
    return None


def _above(section: Results, kind: str = "") -> float:
    return float(section[f"above_share_{kind}us"]["median"])


def _most(lines: list[Results], dtype: str, field: str) -> float:
    return float(max(line[dtype][field] for line in lines))


def _reaches(number: float, limit: float, least: bool) -> bool:
    return number >= limit if least else number <= limit


def _text(number: float, unit: str) -> str:
    if not unit:
        return f"{number:.0e}" if float(f"{number:.0e}") == number else f"{number:.1e}"
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 20 or unit == "µs" else 2
    return f"{number:.{digits}f} {unit}"
