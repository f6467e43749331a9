"""Pareto dominance: is every random q dominated by a point of the path, and by how much?"""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panel, softmax

TICKS = 5
COUNT, VOCABULARY = 1000, 100
FAMILIES = {
    "softmax(randn)": "muted",
    "Dirichlet(1)": "ink",
    "linear mixtures of the two": "target",
    "near the path (σ = 0.3)": "theta",
}


def run(tick: Callable[[], None]) -> Section:
    """Four families of random q about one pair of policies."""
    random = np.random.default_rng(4)
    theta, target = softmax(random.normal(size=(2, VOCABULARY)))
    clouds = {}
    for name, q in zip(FAMILIES, _families(random, theta, target)):
        clouds[name] = _measure(theta, target, q)
        tick()
    claims = []
    for name, (kl_theta, kl_target, dominated, fall) in clouds.items():
        share = float(dominated.mean())
        claims.append(Claim(f"{name}: share dominated", "100%", f"{share:.1%}",
                            "a theorem: q_α alone minimises α KL_θ + (1−α) KL_t", share == 1))  # fmt: skip
        low, high = np.percentile(fall, [10, 90])
        claims.append(Claim(f"{name}: fall of both KLs", "15–30%", f"{fall.mean():.0%} ({low:.0%} to {high:.0%})",
                            "a property of the random family, which the document does not name", bool(0.15 <= fall.mean() <= 0.3)))
    picture = _picture(theta, target, clouds)
    tick()
    return Section(
        "Pareto dominance",
        f"{DERIVATION}, 6.5, experiment 3",
        f"{COUNT} random q of each family, {VOCABULARY} tokens. q is dominated if the point of the path with the same KL_θ "
        f"(criterion=\"kl_budget\") has no "
        "larger KL_t. The fall is the largest share that both KLs lose at once: the point of the path where KL_θ and KL_t are "
        "to each other as those of q "
        "(criterion=\"weighted_kl\"), with 10th and 90th percentile.",
        claims,
        [Picture(picture, "Both KLs of every random q, and the path, which is the frontier. ● is q*; the dashed line is equal KL.")],
    )


def _families(random: Any, theta: Any, target: Any) -> list[Any]:
    shares = random.uniform(size=(COUNT, 1))
    path = shares * np.log(theta) + (1 - shares) * np.log(target)
    return [
        softmax(random.normal(size=(COUNT, VOCABULARY))),
        random.dirichlet(np.ones(VOCABULARY), size=COUNT),
        shares * theta + (1 - shares) * target,
        softmax(path + 0.3 * random.normal(size=path.shape)),
    ]


def _measure(theta: Any, target: Any, q: Any) -> tuple[Any, Any, Any, Any]:
    """KL_θ and KL_t of each q, whether it is dominated, and the share that both KLs can lose."""
    theta, target = np.broadcast_to(theta, q.shape).copy(), np.broadcast_to(target, q.shape).copy()
    kl_theta, kl_target = eq.kl(q, theta, "probs"), eq.kl(q, target, "probs")
    fine = {"scores": "probs", "tolerance": 1e-10, "outputs": ("kl_theta", "kl_target")}
    same = eq.solve(theta, target, criterion="kl_budget", budget=kl_theta, **fine)
    dominated = (same.kl_theta <= kl_theta * (1 + 1e-9)) & (same.kl_target <= kl_target * (1 + 1e-9))
    between = eq.solve(theta, target, criterion="weighted_kl", weights=(1 / kl_theta, 1 / kl_target), **fine)
    return kl_theta, kl_target, dominated, 1 - between.kl_theta / kl_theta


def _picture(theta: Any, target: Any, clouds: dict[str, Any]) -> str:
    alphas = np.linspace(0, 1, 61)
    wanted = ("kl_theta", "kl_target")
    rows = (np.broadcast_to(policy, (len(alphas), VOCABULARY)).copy() for policy in (theta, target))
    path = eq.solve(*rows, scores="probs", criterion="fixed_alpha", alpha=alphas, outputs=wanted)
    star = eq.solve(theta, target, scores="probs", outputs=wanted)

    def draw(axes: Any) -> None:
        for name, (kl_theta, kl_target, _, _) in clouds.items():
            axes.plot(kl_theta[:400], kl_target[:400], ".", color=COLOUR[FAMILIES[name]], markersize=2.5, alpha=0.6, label=name)
        axes.plot(path.kl_theta, path.kl_target, color=COLOUR["q"], label="the path")
        axes.plot([star.kl_theta], [star.kl_target], "o", color=COLOUR["q"], markeredgecolor=COLOUR["paper"])
        axes.axline((0, 0), slope=1, color=COLOUR["line"], linewidth=0.8, linestyle=(0, (4, 2)))
        axes.set_xlim(0, 1.7)
        axes.set_ylim(0, 1.7)
        axes.set_xlabel("KL(q‖π_θ), nats")
        axes.set_ylabel("KL(q‖π_t), nats")
        axes.legend(frameon=False, markerscale=3, loc="upper left", bbox_to_anchor=(1, 1))

    return panel("pareto", (7.6, 4.2), draw)
