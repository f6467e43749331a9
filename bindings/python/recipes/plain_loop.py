"""A plain PyTorch loop: a small student learns from a teacher by KL(q* || student), beside forward KL, reverse KL and JSD at equal steps.

    python3 plain_loop.py [--steps 300] [--seed 0] [--out loop.svg] [--figures loop.json]

What to copy is ``step``: a loss per token with a mask, divided by the number of tokens that count. What to watch is in ``measure``: alpha*,
the weight of the student in q*; KL(q* || student), which is KL(q* || teacher), too; how many effective samples of each policy a sample from
q* is worth.

Nothing is needed but torch (and matplotlib for ``--out``); five runs of 300 steps take about half a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
from typing import Any, Callable

import torch

import equipoise as eq
import equipoise.torch as et

VOCABULARY, CONTEXT, PAD = 256, 2, -100
EVERY = 5  # steps between two measurements
TITLES = {
    "alpha": "α*, the student's weight in q*",
    "kl": "KL(q*‖student) = KL(q*‖teacher), nats",
    "ess_theta": "ESS of q* for the student",
    "ess_target": "ESS of q* for the teacher",
    "forward": "KL(teacher‖student), nats",
    "reverse": "KL(student‖teacher), nats",
}
FIELDS = tuple(TITLES)


class Model(torch.nn.Module):
    """Next-token logits from the last few tokens."""

    def __init__(self, width: int, scale: float = 1.0) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, width)
        self.hidden = torch.nn.Linear(CONTEXT * width, 2 * width)
        self.head = torch.nn.Linear(2 * width, VOCABULARY)
        self.scale = scale

    def forward(self, tokens: Any) -> Any:
        """[batch, length] tokens; logits [batch, length, vocabulary], each from its token and those before it."""
        seen = torch.nn.functional.pad(tokens, (CONTEXT - 1, 0)).unfold(1, CONTEXT, 1)
        return self.scale * self.head(torch.tanh(self.hidden(self.embedding(seen).flatten(2))))


def equilibrium(student: Any, teacher: Any, mask: Any) -> Any:
    """KL(q* || student) per token, q* held constant."""
    return et.equilibrium_loss(student, teacher, mask=mask)[0]


def equilibrium_full(student: Any, teacher: Any, mask: Any) -> Any:
    """KL(q* || student) per token, q* moving with the student."""
    return et.equilibrium_loss(student, teacher, mask=mask, gradient="full")[0]


def forward_kl(student: Any, teacher: Any, mask: Any) -> Any:
    """KL(teacher || student) per token."""
    p, t = student.log_softmax(-1), teacher.log_softmax(-1)
    return (t.exp() * (t - p)).sum(-1) * mask


def reverse_kl(student: Any, teacher: Any, mask: Any) -> Any:
    """KL(student || teacher) per token."""
    return forward_kl(teacher, student, mask)


def jsd(student: Any, teacher: Any, mask: Any) -> Any:
    """The Jensen-Shannon divergence per token."""
    p, t = student.log_softmax(-1), teacher.log_softmax(-1)
    middle = torch.logaddexp(p, t) - torch.log(torch.tensor(2.0))
    return ((t.exp() * (t - middle) + p.exp() * (p - middle)) / 2).sum(-1) * mask


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "KL(q*‖student)": equilibrium,
    "KL(q*‖student), full gradient": equilibrium_full,
    "forward KL": forward_kl,
    "reverse KL": reverse_kl,
    "JSD": jsd,
}


def batch(generator: torch.Generator, rows: int = 16, length: int = 24) -> tuple[Any, Any]:
    """Tokens, few of them frequent as in a text, and labels of which a padded end does not count."""
    frequency = 1.0 / torch.arange(1, VOCABULARY + 1)
    tokens = torch.multinomial(frequency, rows * (length + 1), replacement=True, generator=generator).view(rows, length + 1)
    lengths = torch.randint(length // 2, length + 1, (rows, 1), generator=generator)
    labels = tokens.masked_fill(torch.arange(length + 1) > lengths, PAD)
    return tokens, labels


def step(student: Any, teacher: Any, tokens: Any, labels: Any, loss: Callable[[Any, Any, Any], Any]) -> Any:
    """The loss of one batch, per token that counts: what a training step takes the gradient of."""
    with torch.no_grad():
        target = teacher(tokens)[:, :-1]
    mask = labels[:, 1:] != PAD
    return loss(student(tokens)[:, :-1], target, mask).sum() / mask.sum()


@torch.no_grad()
def measure(student: Any, teacher: Any, tokens: Any, labels: Any) -> dict[str, float]:
    """Means over the tokens that count."""
    mask = labels[:, 1:] != PAD
    policy, target = student(tokens)[:, :-1], teacher(tokens)[:, :-1]
    found = eq.solve(policy, target, mask=mask, outputs=("alpha", "kl_theta", "ess_theta", "ess_target"))
    ours = found.alpha, found.kl_theta, found.ess_theta, found.ess_target
    rows = *ours, forward_kl(policy, target, mask), reverse_kl(policy, target, mask)
    return {name: float(values.sum() / mask.sum()) for name, values in zip(FIELDS, rows)}


def train(loss: Callable[[Any, Any, Any], Any], steps: int, seed: int) -> dict[str, list[float]]:
    """One run: the same teacher, first student and batches for every loss. What ``measure`` says of held-out tokens as it goes on."""
    torch.manual_seed(seed)
    teacher, student = Model(64, scale=12.0).eval(), Model(16)
    optimiser = torch.optim.Adam(student.parameters(), lr=1e-2)
    held_out, generator = batch(torch.Generator().manual_seed(seed + 1)), torch.Generator().manual_seed(seed + 2)
    trace: dict[str, list[Any]] = {name: [] for name in ("step", *FIELDS)}
    for done in range(steps + 1):
        if done % EVERY == 0 or done == steps:
            for name, number in [("step", done), *measure(student, teacher, *held_out).items()]:
                trace[name].append(round(number, 5))
        optimiser.zero_grad()
        step(student, teacher, *batch(generator), loss).backward()
        optimiser.step()
    return trace


def draw(axes: Any, traces: dict[str, dict[str, list[float]]], looks: Any = None) -> None:
    """Six panels, a line per loss; ``looks`` are matplotlib's options of each line."""
    looks = looks or [{"color": f"C{place}", "linestyle": "--" if "full" in label else "-"} for place, label in enumerate(traces)]
    for panel, (name, title) in zip(axes, TITLES.items()):
        for (label, trace), look in zip(traces.items(), looks):
            panel.plot(trace["step"], trace[name], label=label, **look)
        panel.set_title(title, fontsize="medium")
        panel.set_xlabel("step")
    axes[1].legend(fontsize="x-small", frameon=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", help="a picture, .svg or .png")
    parser.add_argument("--figures", help="the curves as JSON")
    wanted = parser.parse_args()

    traces = {}
    print(f"{'loss':30}" + "".join(f"{name:>11}" for name in FIELDS) + "   after the last step")
    for label, loss in LOSSES.items():
        traces[label] = train(loss, wanted.steps, wanted.seed)
        print(f"{label:30}" + "".join(f"{traces[label][name][-1]:11.4f}" for name in FIELDS))
    if wanted.figures:
        with open(wanted.figures, "w", encoding="utf-8") as file:
            json.dump({"steps": wanted.steps, "seed": wanted.seed, "traces": traces}, file, ensure_ascii=False)
    if wanted.out:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "equipoise"}):
            figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained")
            draw(axes.ravel(), traces)
            figure.savefig(wanted.out, metadata={"Date": None} if wanted.out.endswith(".svg") else None)


if __name__ == "__main__":
    main()
