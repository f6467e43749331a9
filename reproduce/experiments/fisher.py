"""KL against the quadratic forms of the Fisher information, for the note's two coins."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import FISHER_NOTE, Claim, Picture, Section
from drawing import COLOUR, panel

TICKS = 1
P, Q = np.array([0.3, 0.7]), np.array([0.2, 0.8])
FORMS = {"p/q^2": "½ Σ p/q² d², the note's", "1/q": "½ Σ d²/q, the Fisher form at q", "1/p": "½ Σ d²/p, the Fisher form at p",
    "mean": "½ Σ 2d²/(p+q), midpoint"}

LEFT = {"1/q": "−Σ d³/6q²", "1/p": "+Σ d³/3p²", "mean": "+Σ d³/12m², m = (p+q)/2"}


def run(tick: Callable[[], None]) -> Section:
    """The note's numbers, in one unit."""
    bits, nats = float(eq.kl(P, Q, "probs", "bits")), float(eq.kl(P, Q, "probs"))
    forms = {weight: float(eq.fisher_quadratic(P, Q, weight, "probs")) for weight in FORMS}
    claims = [
        Claim("KL(p‖q), as the note computes it", "0.04063719565666954", f"{bits:.17f}", "as said, but in bits: the note takes log₂",
              abs(bits - 0.04063719565666954) < 1e-15),
        Claim("its quadratic", "0.042968749999999986", f"{forms['p/q^2']:.17f}", "as said, in nats",
              abs(forms["p/q^2"] - 0.04296875) < 1e-15),
        Claim("their difference", "−0.00233 (“well approximated”)", f"{nats - forms['p/q^2']:.5f} nats",
              f"bits less nats means nothing: in nats KL is {nats:.7f}, so the note's matrix diag(p/q²) is off by "
              f"{forms['p/q^2'] / nats - 1:.0%}. "
              "The Fisher information of a distribution is diag(1/p)", False),
        *(
            Claim(name, "not tried", f"{forms[weight]:.5f} nats, off by {forms[weight] / nats - 1:+.0%}",
                  f"right to the second order; what it leaves out begins with {LEFT[weight]}", True)
            for weight, name in list(FORMS.items())[1:]
        ),
    ]  # fmt: skip
    picture = _picture()
    tick()
    return Section(
        "KL and the Fisher information",
        f"{FISHER_NOTE}, its one example",
        "p = (0.3, 0.7), q = (0.2, 0.8), d = p − q. The picture moves q along p + s(q − p) and shows each form over the KL in "
        "nats: a form that is right to the second order starts at 1.",
        claims,
        [Picture(picture, "Quadratic form over KL(p‖q_s), as q_s leaves p. The note's own form is right at p, too, but leaves "
                          "it four times as fast as the Fisher form at q.")],
    )


def _picture() -> str:
    steps = np.linspace(0.01, 1.5, 80)
    q = P + steps[:, None] * (Q - P)
    p = np.broadcast_to(P, q.shape).copy()
    kl = eq.kl(p, q, "probs")

    def draw(axes: Any) -> None:
        axes.axhline(1, color=COLOUR["line"], linewidth=0.8)
        for (weight, name), colour in zip(FORMS.items(), ("muted", "theta", "target", "q")):
            axes.plot(steps, eq.fisher_quadratic(p, q, weight, "probs") / kl, color=COLOUR[colour], label=name)
        axes.axvline(1, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
        axes.set_xlabel("s (the note's q is s = 1)")
        axes.set_ylabel("form / KL")
        axes.legend(frameon=False)

    return panel("fisher", (7.6, 2.9), draw)
