"""Writes golden.json: rows, and what eqp_solve must answer for them to 30 digits.

    python3 make_vectors.py            writes golden.json beside this file (about a minute; needs numpy and mpmath)
    python3 make_vectors.py --check    makes it again and compares

Inputs are as rows.py describes; answers are as exact.py computes them. "log_q" holds a few named tokens.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from typing import Any

import numpy as np
from exact import Options, answer
from rows import Spec, build

GOLDEN = pathlib.Path(__file__).with_name("golden.json")

Case = tuple[str, int, Spec, Spec, Options]


def term(seed: int, shift: int, exponent: int) -> dict[str, int]:
    """One hashed term."""
    return {"seed": seed, "shift": shift, "exponent": exponent}


def coarse(seed: int, sigma_log2: int = 0, **more: Any) -> Spec:
    """Standard deviation 1.15 * 2^sigma_log2 in steps that f16 and bf16 hold exactly."""
    return {"terms": [term(seed, 10, 5 - sigma_log2)], **more}


def fine(seed: int, sigma_log2: int = 0, **more: Any) -> Spec:
    """The same in 1/256 of those steps: exact in f32 and f64 only."""
    return {"terms": [term(seed, 2, 13 - sigma_log2)], **more}


def values(*numbers: float | str) -> Spec:
    """A row written out."""
    return {"values": list(numbers)}


def logits(name: str, columns: int, theta: Spec, target: Spec, **options: Any) -> Case:
    """One case; columns of a row written out may be 0."""
    return name, columns or len(theta["values"]), theta, target, Options(**options)


def easy() -> list[Case]:
    """Random rows of every awkward width."""
    cases = [
        logits("two tokens", 0, values(0, 1), values(0.5, -1)),
        logits("two tokens, mirrored", 0, values(0, 2), values(2, 0)),
        logits("three tokens", 0, values(0, 1, -2), values(1.5, -0.25, 0.5)),
    ]
    for i, width in enumerate([2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1000, 2047, 2048, 2049, 4099, 51200, 262144]):
        cases.append(logits(f"width {width}", width, coarse(100 + 2 * i), coarse(101 + 2 * i)))
    for i, width in enumerate([33, 1000, 4099]):
        for sigma in (1, 2, 3):
            seed = 200 + 20 * i + 2 * sigma
            cases.append(logits(f"width {width}, sigma {1.15 * 2**sigma:.1f}", width, coarse(seed, sigma), coarse(seed + 1, sigma)))
    cases.append(logits("width 51200, sigma 4.6", 51200, coarse(290, 2), coarse(291, 2)))
    cases.append(logits("width 4099, steps that only f32 and f64 hold", 4099, fine(292), fine(293, 1)))
    cases.append(logits("width 1000, a sharp and a flat policy", 1000, coarse(294, 3), coarse(295, -3)))
    cases.append(logits("width 1000, a flat and a sharp policy", 1000, coarse(296, -3), coarse(297, 3)))
    return cases


def peaked() -> list[Case]:
    """Rows where one token holds nearly everything."""
    cases = [
        logits("top token 0.9999 in both", 1000, coarse(300, edits=[[7, 17]]), coarse(301, edits=[[7, 18]])),
        logits("top token 0.9999 in theta alone", 1000, coarse(302, edits=[[7, 17]]), coarse(303)),
        logits("top token 0.9999 in the target alone", 1000, coarse(304), coarse(305, edits=[[999, 17]])),
        logits("tops of 0.9999 on different tokens", 1000, coarse(306, edits=[[7, 17]]), coarse(307, edits=[[900, 17]])),
        logits("top token 1 - 1e-9 in both, the rest unlike", 1000, coarse(308, 1, edits=[[0, 30]]), coarse(309, 1, edits=[[0, 31]])),
        logits("top token 0.9999 of 51200", 51200, coarse(310, edits=[[51199, 21]]), coarse(311, edits=[[51199, 22]])),
        logits("tops on different tokens of 51200", 51200, coarse(312, edits=[[5, 24]]), coarse(313, edits=[[40000, 21]])),
        logits("two tokens, 16 nats apart", 0, values(0, 16), values(16, 0)),
    ]
    for i, apart in enumerate([80, 160, 168, 176, 184, 192, 208, 240, 400, 1024, 8192]):
        cases.append(logits(f"peaks {apart} and {apart - 8} nats high on different tokens", 37,
                            coarse(320 + 2 * i, edits=[[3, apart]]), coarse(321 + 2 * i, edits=[[30, apart - 8]])))
    cases.append(logits("a third token best for both", 33, coarse(350, edits=[[3, 300], [9, 250]]),
                        coarse(351, edits=[[30, 300], [9, 260]])))
    cases.append(logits("peaks 256 nats high on different tokens of 4099", 4099, coarse(352, edits=[[4000, 256]]),
                        coarse(353, edits=[[1, 256]])))
    return cases


def alike() -> list[Case]:
    """Identical and nearly identical rows."""
    uniform: Spec = {"add": 0.0}
    cases = [
        logits("one column", 0, values(0.5), values(-2)),
        logits("one column, 1e4 apart", 0, values(8192), values(-8192)),
        logits("identical, three tokens", 0, values(1, -3, 0.5), values(1, -3, 0.5)),
        logits("identical", 1000, coarse(400, 1), coarse(400, 1)),
        logits("identical but for a constant", 1000, coarse(401, 1), coarse(401, 1, add=16)),
        logits("identical, of 51200, peaked", 51200, coarse(402, edits=[[9, 20]]), coarse(402, edits=[[9, 20]])),
        logits("identical with the same mask", 33, coarse(403, mask={"every": 3, "first": 1}), coarse(403, mask={"every": 3, "first": 1})),
        logits("both uniform", 1000, uniform, uniform),
    ]
    for exponent in (10, 20):
        small = 17 + exponent  # the added term's deviation is about 2^-exponent * 0.3
        for width in (33, 4099):
            name = f"width {width}, differing by 2^-{exponent}"
            seed = 410 + exponent + width % 7
            cases.append(logits(name, width, {"terms": [term(seed, 9, 10)]}, {"terms": [term(seed, 9, 10), term(seed + 50, 17, exponent)]}))
            cases.append(logits(f"uniform, {name}", width, uniform, {"terms": [term(seed + 60, 12, small - 12)]}))
    cases.append(logits("peaked, differing by 2^-10", 1000, {"terms": [term(480, 9, 10)], "edits": [[4, 10]]},
                        {"terms": [term(480, 9, 10), term(481, 17, 10)], "edits": [[4, 10]]}))
    cases.append(logits("one token of 1000 differs by 2^-10", 1000, uniform, {"add": 0.0, "edits": [[500, 2.0**-10]]}))
    return cases


def offset() -> list[Case]:
    """Logits of size 1e4, and smaller offsets that half precision holds."""
    return [
        logits("both rows near 1e4", 1000, coarse(500, 1, add=10000), coarse(501, 1, add=10000)),
        logits("rows 2e4 apart", 1000, coarse(502, 1, add=10000), coarse(503, 1, add=-10000)),
        logits("rows 1e4 apart, of 51200, peaked", 51200, coarse(504, 1, add=-10000, edits=[[77, -9976]]),
               coarse(505, 1, edits=[[77, 25]])),
        logits("half precision, offset 512", 1000, {"terms": [term(506, 14, 0)], "add": 512}, {"terms": [term(507, 14, 0)], "add": -512}),
        logits("values from -1e4 to 1e4", 0, values(10000, 9998, -10000, 0), values(9990, 9999, 10000, -10000)),
        logits("sigma 590", 1000, coarse(508, 9), coarse(509, 9)),
    ]


def masks() -> list[Case]:
    """-inf in one policy, in both, everywhere but one token; supports without a root inside, and without a common token."""
    a, b = {"every": 5, "first": 2}, {"every": 7, "first": 3}
    gone = "-inf"
    return [
        logits("masked in theta", 1000, coarse(600, mask=a), coarse(601)),
        logits("masked in the target", 1000, coarse(602), coarse(603, mask=b)),
        logits("masked in both, differently", 1000, coarse(604, mask=a), coarse(605, mask=b)),
        logits("masked in both alike", 1000, coarse(606, mask=a), coarse(607, mask=a)),
        logits("every other token masked, of 51200", 51200, coarse(608, mask={"every": 2, "first": 0}),
               coarse(609, mask={"every": 2, "first": 0})),
        logits("masked top tokens", 33, coarse(610, edits=[[4, gone], [5, 8]]), coarse(611, edits=[[4, 8], [5, gone]])),
        logits("a root inside though each has its own token", 0, values(1, 0, 2, gone), values(0, 2, gone, 1)),
        logits("no root: theta is mostly elsewhere", 0, values(0, 1, 10, 10), values(1, 0.5, gone, gone)),
        logits("no root: the target is mostly elsewhere", 0, values(1, 0.5, gone, gone), values(0, 1, 10, 10)),
        logits("no root, wide: alpha = 1", 1000, coarse(612, edits=[[8, 12]]), coarse(613, edits=[[8, gone]])),
        logits("no root, wide: alpha = 0", 1000, coarse(614, edits=[[8, gone]]), coarse(615, edits=[[8, 12]])),
        logits("one common token, likelier under theta", 0, values(2, 0, gone), values(0, gone, 2)),
        logits("one common token, likelier under the target", 0, values(0, gone, 2), values(2, 0, gone)),
        logits("disjoint", 0, values(0, gone, 1, gone), values(gone, 1, gone, 0)),
        logits("disjoint, wide", 1000, coarse(616, mask={"every": 2, "first": 0}), coarse(617, mask={"every": 2, "first": 1})),
        logits("a single token left", 33, {"mask": {"every": 1, "first": 0}, "edits": [[20, 1]]}, coarse(618)),
        logits("a single token left in both", 33, {"mask": {"every": 1, "first": 0}, "edits": [[20, 1]]},
               {"mask": {"every": 1, "first": 0}, "edits": [[20, 3]]}),
    ]


def invalid() -> list[Case]:
    """Rows that are no distributions."""
    return [
        logits("NaN in theta", 0, values(0, "nan", 1), values(0, 1, 2)),
        logits("NaN in the target", 0, values(0, 1, 2), values("nan", 1, 2)),
        logits("NaN where the other is masked", 0, values(0, "nan", 1), values(0, "-inf", 2)),
        logits("+inf in theta", 0, values(0, "inf", 1), values(0, 1, 2)),
        logits("+inf in the target", 0, values(0, 1, 2), values(0, 1, "inf")),
        logits("+inf where the other is masked", 0, values(0, 1, "-inf"), values(0, 1, "inf")),
        logits("theta all masked", 0, values("-inf", "-inf", "-inf"), values(0, 1, 2)),
        logits("the target all masked", 0, values(0, 1, 2), values("-inf", "-inf", "-inf")),
        logits("a negative probability", 0, values(0.5, 0.75, -0.25), values(0.25, 0.25, 0.5), scores="probs"),
        logits("a mass of 1.0078", 0, values(0.5, 0.25, 0.2578125), values(0.25, 0.25, 0.5), scores="probs"),
        logits("a mass of 0.9922 in the target", 0, values(0.25, 0.25, 0.5), values(0.5, 0.25, 0.2421875), scores="probs"),
        logits("all probabilities 0", 0, values(0, 0, 0), values(0.25, 0.25, 0.5), scores="probs"),
        logits("NaN probability", 0, values(0.5, "nan", 0.5), values(0.25, 0.25, 0.5), scores="probs"),
        logits("infinite probability", 0, values(0.5, "inf", 0.5), values(0.25, 0.25, 0.5), scores="probs"),
        logits("log-probabilities of mass 2", 0, values(0, 0), values(-0.6875, -0.6953125), scores="log_probs"),
        logits("log-probabilities of mass 0.5", 0, values(-0.6875, -0.6953125), values(-1.375, -1.375), scores="log_probs"),
    ]


def tempered() -> list[Case]:
    """Temperatures, alike and unlike."""
    def pair(seed: int, theta: float, target: float, width: int = 1000, **more: Any) -> Case:
        return logits(f"temperatures {theta} and {target}, width {width}{', offset' if more else ''}", width, coarse(seed, 1, **more),
                      coarse(seed + 1, 1, **more), temperature_theta=theta, temperature_target=target)

    return [
        pair(700, 2, 2), pair(702, 0.5, 0.5), pair(704, 2, 0.5), pair(706, 0.7, 1.3), pair(708, 1, 4), pair(710, 10, 0.1),
        pair(712, 0.7, 1.3, 51200), pair(714, 0.25, 0.25, 1000, add=10000), pair(716, 0.7, 1.3, 1000, add=-10000),
        logits("one policy at two temperatures", 1000, coarse(718, 1), coarse(718, 1), temperature_theta=1.0, temperature_target=1.5),
        logits("a peak at temperature 0.7", 1000, coarse(720, edits=[[7, 12]]), coarse(721, edits=[[7, 12.5]]),
               temperature_theta=0.7, temperature_target=0.7),
    ]


def fixed() -> list[Case]:
    """alpha as given."""
    cases = []
    for i, alpha in enumerate([0.0, 0.25, 0.3, 0.5, 0.9, 1.0]):
        cases.append(logits(f"fixed alpha {alpha}", 1000, coarse(800 + 2 * i, 1), coarse(801 + 2 * i, 1),
                            criterion="fixed_alpha", alpha=alpha))
        cases.append(logits(f"fixed alpha {alpha}, masked", 33, coarse(820 + 2 * i, mask={"every": 5, "first": 0}),
                            coarse(821 + 2 * i, mask={"every": 7, "first": 0}), criterion="fixed_alpha", alpha=alpha))
        cases.append(logits(f"fixed alpha {alpha}, peaks 300 nats apart", 33, coarse(840 + 2 * i, edits=[[3, 300]]),
                            coarse(841 + 2 * i, edits=[[30, 300]]), criterion="fixed_alpha", alpha=alpha))
    cases.append(logits("fixed alpha, disjoint", 0, values(0, "-inf"), values("-inf", 0), criterion="fixed_alpha", alpha=0.25))
    cases.append(logits("fixed alpha 0.75 of 51200", 51200, coarse(860, 1), coarse(861, 1), criterion="fixed_alpha", alpha=0.75))
    return cases


def dyadic(seed: int, columns: int, bits: int, zeros: bool = False) -> Spec:
    """Probabilities that are multiples of 2^-bits and sum to 1 exactly."""
    raw = np.exp2(build(coarse(seed, 1), columns))
    if zeros:
        raw[3::5] = 0
    counts = np.floor(raw / raw.sum() * (2**bits - columns)).astype(np.int64) + (raw > 0)
    counts[int(counts.argmax())] += 2**bits - counts.sum()
    return values(*[float(c) / 2.0**bits for c in counts])


def rounded_logs(seed: int, columns: int, *masked: int) -> Spec:
    """Log-probabilities rounded to f32: their mass is 1 to about 1e-7."""
    raw = build(coarse(seed, 1), columns)
    raw[list(masked)] = -np.inf
    logs = (raw - np.log(np.exp(raw).sum())).astype(np.float32)
    texts: list[float | str] = [float(v) if np.isfinite(v) else "-inf" for v in logs]
    return values(*texts)


def distributions() -> list[Case]:
    """Probabilities and log-probabilities, exact, rounded, with zeros, and with a mass a little off 1."""
    return [
        logits("probabilities that every type holds", 0, values(0.5, 0.25, 0.125, 0.125), values(0.125, 0.125, 0.25, 0.5), scores="probs"),
        logits("probabilities, 17 tokens", 0, dyadic(900, 17, 12), dyadic(901, 17, 12), scores="probs"),
        logits("probabilities, 257 tokens", 0, dyadic(902, 257, 20), dyadic(903, 257, 20), scores="probs"),
        logits("probabilities with zeros", 0, dyadic(904, 33, 12, zeros=True), dyadic(905, 33, 12), scores="probs"),
        logits("probabilities with zeros in both", 0, dyadic(906, 33, 12, zeros=True), dyadic(907, 33, 12, zeros=True), scores="probs"),
        logits("probabilities of disjoint supports", 0, values(0.5, 0.5, 0, 0), values(0, 0, 0.5, 0.5), scores="probs"),
        logits("the same probabilities", 0, dyadic(908, 33, 12), dyadic(908, 33, 12), scores="probs"),
        logits("probabilities, one nearly 1", 0, values(1 - 2.0**-14, 2.0**-15, 2.0**-15),
               values(1 - 2.0**-13, 2.0**-14, 2.0**-14), scores="probs"),
        logits("tiny probabilities", 0, values(1, 2.0**-60, 2.0**-100), values(2.0**-100, 2.0**-60, 1), scores="probs"),
        logits("a mass of 1.0005", 0, values(0.5, 0.25, 0.25048828125), values(0.25, 0.25, 0.5), scores="probs"),
        logits("a mass of 0.9995 in the target", 0, values(0.25, 0.25, 0.5), values(0.5, 0.25, 0.24951171875), scores="probs"),
        logits("log-probabilities, 33 tokens", 0, rounded_logs(910, 33), rounded_logs(911, 33), scores="log_probs"),
        logits("log-probabilities, 130 tokens", 0, rounded_logs(912, 130), rounded_logs(913, 130), scores="log_probs"),
        logits("log-probabilities with masks", 0, rounded_logs(914, 33, 1, 7, 32), rounded_logs(915, 33, 0, 7), scores="log_probs"),
        logits("log-probabilities that half precision holds", 0, values(-0.69287109375, -0.693359375), values(-0.28759765625, -1.38671875),
               scores="log_probs"),
        logits("probabilities at a fixed alpha", 0, dyadic(916, 17, 12), dyadic(917, 17, 12), scores="probs",
               criterion="fixed_alpha", alpha=0.75),
    ]


def solved(case: Case) -> dict[str, Any]:
    """A case with its answer, as golden.json holds it."""
    name, columns, theta, target, options = case
    chosen = {f.name: getattr(options, f.name) for f in dataclasses.fields(options) if getattr(options, f.name) != f.default}
    rows = build(theta, columns), build(target, columns)
    return {"name": name, "columns": columns, "theta": theta, "target": target, "options": chosen, "answer": answer(*rows, options)}


def render() -> str:
    """The text of golden.json: one case a line."""
    groups = [easy, peaked, alike, offset, masks, invalid, tempered, fixed, distributions]
    cases = [case for group in groups for case in group()]
    names = [case[0] for case in cases]
    if len(set(names)) != len(names):
        raise ValueError("two cases of one name")
    lines = []
    for case in cases:
        made = solved(case)
        lines.append(json.dumps(made, separators=(",", ":")))
        print(f"{case[0]}: {made['answer']['status']} {made['answer'].get('alpha', '')[:12]}", file=sys.stderr)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> int:
    """Writes or checks golden.json."""
    parser = argparse.ArgumentParser(description="golden answers for eqp_solve")
    parser.add_argument("--check", action="store_true", help="compare with the committed file instead of writing it")
    made = render()
    if not parser.parse_args().check:
        GOLDEN.write_text(made, encoding="utf-8")
        return 0
    same = made == GOLDEN.read_text(encoding="utf-8")
    print("golden.json is as made" if same else "golden.json differs from what this script makes")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
