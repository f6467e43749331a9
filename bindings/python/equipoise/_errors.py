"""What the package raises, and how a library status becomes an exception."""

from __future__ import annotations

from typing import NoReturn

from . import _abi


class Error(RuntimeError):
    """What is neither a wrong argument (``ValueError``, ``TypeError``) nor want of memory (``MemoryError``).

    The library is missing, does not fit, cannot serve a valid request, or failed. ``status`` is the name of the library's status,
    such as ``"EQP_UNSUPPORTED"``, or ``""`` when the library was never reached.
    """

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.status = status


def fail(status: int, text: str) -> NoReturn:
    """Raises what ``status`` means; ``text`` is the library's own."""
    names = {number: name for name, number in _abi.ENUMS["eqp_status"].items()}
    name = names.get(status, f"status {status}")
    if name == "EQP_INVALID_ARGUMENT":
        raise ValueError(text)
    if name == "EQP_OUT_OF_MEMORY":
        raise MemoryError(text)
    raise Error(text or name, name)


def choose(name: str, value: object, choices: dict[str, int]) -> int:
    """The number that stands for ``value``; a ``ValueError`` that lists the choices otherwise."""
    number = choices.get(value) if isinstance(value, str) else None
    if number is None:
        raise ValueError(f"{name}={value!r}: choose one of {', '.join(repr(choice) for choice in choices)}")
    return number
