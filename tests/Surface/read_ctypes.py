"""The C interface as the ctypes tables of the Python package have it. The library itself is not loaded."""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path
from typing import Any

from surface import Function, Member, Struct, Surface

_KINDS = {"f": "f", "d": "f", **{code: "i" for code in "bhilq"}, **{code: "u" for code in "BHILQ"}}


def read_ctypes(tables: Path) -> Surface:
    abi = _load(tables)
    names = {cls: name for name, cls in abi.STRUCTS.items()}

    def spell(type_: Any) -> str:
        if type_ is None:
            return "void"
        if type_ is ctypes.c_void_p:
            return "ptr<void>"
        if type_ is ctypes.c_char_p:
            return "ptr<char>"
        if type_ in names:
            return f"struct {names[type_]}"
        if isinstance(type_._type_, str):
            return f"{_KINDS[type_._type_]}{8 * ctypes.sizeof(type_)}"
        return f"ptr<{spell(type_._type_)}>"

    def shape(cls: Any) -> Struct:
        return Struct(ctypes.sizeof(cls), [Member(name, spell(type_), getattr(cls, name).offset) for name, type_ in cls._fields_])

    def signature(result: Any, arguments: tuple[Any, ...]) -> Function:
        return Function(spell(result), [("", spell(type_)) for type_ in arguments])

    return Surface(
        enums=abi.ENUMS,
        structs={name: shape(cls) for name, cls in abi.STRUCTS.items()},
        functions={name: signature(*types) for name, types in abi.FUNCTIONS.items()},
        constants={"EQP_ABI_VERSION": abi.ABI_VERSION},
    )


def _load(tables: Path) -> Any:
    """The module by its path: importing the package would load the library."""
    specification = importlib.util.spec_from_file_location("equipoise_abi_tables", tables)
    if specification is None or specification.loader is None:
        raise ImportError(f"{tables} is no module")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
