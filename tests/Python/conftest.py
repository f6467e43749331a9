"""EQUIPOISE_TEST_DEVICE=opencl answers every eq.solve of these tests on that device, so that one suite holds it to the CPU's contract."""

from __future__ import annotations

import os
from typing import Any

import pytest

import equipoise as eq

DEVICE = os.environ.get("EQUIPOISE_TEST_DEVICE")
SERVED = ("kl_symmetry", "fixed_alpha")

if DEVICE:
    # Before any test module asks for its name, since some solve as they are imported.
    solve = eq.solve

    def solve_there(*arguments: Any, **options: Any) -> Any:
        if options.get("criterion", "kl_symmetry") not in SERVED:
            pytest.skip("devices do not serve this criterion")
        return solve(*arguments, **{"device": DEVICE, **options})

    eq.solve = solve_there
