"""What may change beneath these tests, so that one suite holds all to the same contract.

EQUIPOISE_TEST_DEVICE=opencl answers every eq.solve on that device. EQUIPOISE_TEST_INSTALLED is set where the package under test is the
installed one.
"""

from __future__ import annotations

import sys
from typing import Any

import equipoise as eq
from support import DEVICE, INSTALLED

if INSTALLED:
    assert eq.__file__.startswith(sys.prefix) and eq.library_info().path.startswith(sys.prefix), eq.__file__

if DEVICE:
    # Before any test module asks for its name, since some solve as they are imported.
    solve = eq.solve

    def solve_there(*arguments: Any, **options: Any) -> Any:
        return solve(*arguments, **{"device": DEVICE, **options})

    eq.solve = solve_there
