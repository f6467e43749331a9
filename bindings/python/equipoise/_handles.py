"""``Handle``: an object of the library's, freed with the Python object that holds it."""

from __future__ import annotations

import weakref
from ctypes import c_void_p
from typing import Any, Callable

from ._loader import library


class Handle:
    """What ``create`` made, as C passes it."""

    __slots__ = ("pointer", "__weakref__")

    def __init__(self, create: Callable[[Any], int], free: Callable[[Any], None]) -> None:
        pointer = c_void_p()
        library.check(create(pointer))
        self.pointer = pointer
        weakref.finalize(self, free, pointer)
