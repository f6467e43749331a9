"""``equipoise.torch`` as operators of the dispatcher, which it becomes from torch 2.4 on: by the double of newer_torch.py on an older one.

What the double cannot show is ``torch.compile`` and ``torch.func`` themselves; where this torch has them, they are asked.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import PACKAGE, environment

torch = pytest.importorskip("torch")

HERE = Path(__file__).resolve().parent
OWN = hasattr(torch.library, "custom_op")

pytestmark = pytest.mark.once

CHECKS = """
from types import SimpleNamespace
import torch
import newer_torch
import equipoise.torch as et

generator = torch.Generator().manual_seed(0)
A, B = (torch.randn(3, 4, 20, generator=generator, dtype=torch.float64) for _ in range(2))
KERNELS = newer_torch.OPERATORS
INFO = SimpleNamespace(batch_size=3, randomness="error")


def leaf(x):
    return x.clone().requires_grad_()


def gradients(outputs, *leaves):
    return torch.autograd.grad(sum(output.tanh().sum() for output in outputs), leaves)


# An operator called directly has the gradient of the function, and drops nothing that was given.
for given, options in [((), {}), ((None, 2.0, 2.0, None, None, 15, "full"), {"temperature": 2.0, "valid_columns": 15, "gradient": "full"})]:
    a, b = leaf(A), leaf(A)
    loss, *others = torch.ops.equipoise.equilibrium_loss(a, B, *given)
    assert loss.requires_grad and not any(other.requires_grad for other in others)
    assert torch.equal(*gradients([loss], a), *gradients(et.equilibrium_loss(b, B, **options)[:1], b))
a, b, c, d = leaf(A), leaf(B), leaf(A), leaf(B)
for ours, theirs in zip(gradients(torch.ops.equipoise.solve_differentiable(a, b), a, b), gradients(et.solve_differentiable(c, d), c, d)):
    assert torch.equal(ours, theirs)

# The functions never lean on an operator's own gradient, which torch.func refuses.
before = [kernel.generated for kernel in KERNELS.values()]
temperature = torch.ones(3, 4, dtype=torch.float64).requires_grad_()
a, b = leaf(A), leaf(B)
gradients(et.equilibrium_loss(a, b, temperature=(temperature, 1.0))[:1], a)
gradients(et.solve_differentiable(a, b), a, b)
assert before == [kernel.generated for kernel in KERNELS.values()] and sum(before) == 3

# vmap is one more leading dimension, wherever it lies and whatever has it.
mask, rows = torch.tensor([True, False, True, True]), torch.full((4,), 2.0, dtype=torch.float64)
for place, own in [(None, mask), (0, mask.expand(3, 4)), (None, torch.tensor(True))]:
    found, dimension = et._EquilibriumLoss.vmap(INFO, (0, None, place, *[None] * 6), A, B[0], own, 1.0, 1.0, None, None, 0, "stop")
    for i in range(3):
        expected = et.equilibrium_loss(A[i], B[0], mask=mask if own.dim() else None)
        assert dimension == 0 and all(torch.equal(ours[i], theirs) for ours, theirs in zip(found, expected))
found, _ = KERNELS["equipoise::equilibrium_loss"].batched(INFO, (1, None), A.transpose(0, 1), B[0])
assert torch.equal(found[0][1], et.equilibrium_loss(A[1], B[0])[0])
found, _ = KERNELS["equipoise::solve_differentiable"].batched(INFO, (0, 0, *[None] * 5), A, B, None, 1.0, 1.0, rows, rows)
assert torch.equal(found[1][2], et.solve_differentiable(A[2], B[2], temperature=2.0)[1])
print("good")
"""


@pytest.mark.skipif(OWN, reason="this torch has operators of its own")
def test_the_same_tests_hold_for_operators():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "newer_torch", "test_torch_loss.py"]
    path = f"{PACKAGE}:{HERE}"
    done = subprocess.run(command, cwd=HERE, env=environment(PYTHONPATH=path), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout


@pytest.mark.skipif(OWN, reason="this torch has operators of its own")
def test_operators_have_gradients_and_a_vmap_rule():
    command = [sys.executable, "-c", CHECKS]
    done = subprocess.run(command, cwd=HERE, env=environment(PYTHONPATH=f"{PACKAGE}:{HERE}"), capture_output=True, text=True, timeout=300)
    assert done.stdout == "good\n", done.stderr


@pytest.mark.skipif(not OWN, reason="torch.library.custom_op is of torch 2.4")
@pytest.mark.filterwarnings("ignore")  # opcheck looks at .grad of tensors that are no leaves
@pytest.mark.parametrize("requires_grad", [False, True])
def test_torch_itself_accepts_the_operators(requires_grad):
    import equipoise.torch as et

    theta, target = torch.randn(3, 4, 20, requires_grad=requires_grad), torch.randn(3, 4, 20)
    torch.library.opcheck(torch.ops.equipoise.equilibrium_loss.default, (theta, target))
    torch.library.opcheck(torch.ops.equipoise.solve_differentiable.default, (theta, target))

    def shifted(a, b):
        return et.equilibrium_loss(a[:, :-1], b[:, :-1])[0].sum()

    compiled = torch.compile(shifted, fullgraph=True, dynamic=True, backend="aot_eager")
    for length in (4, 3):
        a, b = theta[:, :length], target[:, :length]
        assert torch.allclose(compiled(a, b), shifted(a, b))
    gradient, value = torch.func.grad_and_value(lambda a: et.equilibrium_loss(a, target)[0].sum())(theta.detach())
    each = torch.func.vmap(torch.func.grad(lambda a, b: et.equilibrium_loss(a, b)[0].sum()))(theta.detach(), target)
    assert torch.allclose(gradient, each) and torch.allclose(value, et.equilibrium_loss(theta, target)[0].sum())
    if torch.__version__.startswith(("2.4", "2.5", "2.6")):
        return  # which compile no autograd.Function under torch.func
    both = torch.compile(torch.func.grad(lambda a: et.equilibrium_loss(a, target)[0].sum()), fullgraph=True, backend="aot_eager")
    assert torch.allclose(both(theta.detach()), gradient) and gradient.abs().max() > 0
