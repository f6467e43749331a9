"""What the C interface looks like from one language, and how one such look differs from the header's.

Types are spelled ``i32``, ``u64``, ``f64``, ``void``, ``char``, ``ptr<T>``, ``enum NAME`` and ``struct NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, TypeVar

Value = TypeVar("Value")


@dataclass
class Member:
    name: str
    type: str
    offset: int


@dataclass
class Struct:
    size: int
    members: list[Member]


@dataclass
class Function:
    result: str
    parameters: list[tuple[str, str]]


@dataclass
class Surface:
    enums: dict[str, dict[str, int]] = field(default_factory=dict)
    structs: dict[str, Struct] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, int | str] = field(default_factory=dict)


def exactly(name: str) -> str:
    return name


def squashed(name: str) -> str:
    """``eqp_row_status``, ``RowStatus`` and ``rowStatus`` are one name in two languages' spelling."""
    return name.removeprefix("eqp_").replace("_", "").lower()


def differences(header: Surface, other: Surface, spell: Callable[[str], str] = exactly) -> list[str]:
    """One line for each way in which ``other`` is not the header; names are compared as ``spell`` spells them."""
    return [
        *_constants(header, other),
        *_enums(header, other, spell),
        *_structs(header, other, spell),
        *_functions(header, other, spell),
    ]


def _constants(header: Surface, other: Surface) -> list[str]:
    return [
        f"{name} is {value} in the header and {other.constants[name]} here"
        for name, value in header.constants.items()
        if name in other.constants and other.constants[name] != value
    ]


def _paired(
    kind: str, header: dict[str, Value], other: dict[str, Value], spell: Callable[[str], str], lines: list[str]
) -> list[tuple[str, Value, Value]]:
    """The pairs (name, header's, other's) of what both have; what one lacks becomes a line."""
    ours = {spell(name): (name, value) for name, value in header.items()}
    theirs = {spell(name): (name, value) for name, value in other.items()}
    lines += [f"{kind} {name} of the header is missing" for key, (name, _) in ours.items() if key not in theirs]
    lines += [f"{kind} {name} is not in the header" for key, (name, _) in theirs.items() if key not in ours]
    return [(name, value, theirs[key][1]) for key, (name, value) in ours.items() if key in theirs]


def _enums(header: Surface, other: Surface, spell: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for name, constants, theirs in _paired("enum", header.enums, other.enums, spell, lines):
        ours = constants if spell is exactly else _without_prefix(constants)
        for constant, value, their_value in _paired(f"enum {name}:", ours, theirs, spell, lines):
            if value != their_value:
                lines.append(f"enum {name}: {constant} is {value} in the header and {their_value} here")
    return lines


def _without_prefix(constants: dict[str, int]) -> dict[str, int]:
    """C# says RowStatus.AtTheta for EQP_ROW_AT_THETA: whole words that all constants of an enum share are no part of the name."""
    words = [name.split("_") for name in constants]
    shared = 0
    while all(len(parts) > shared + 1 and parts[shared] == words[0][shared] for parts in words) and (shared == 0 or len(words) > 1):
        shared += 1
    return {"_".join(parts[shared:]): value for parts, value in zip(words, constants.values())}


def _structs(header: Surface, other: Surface, spell: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for name, ours, theirs in _paired("struct", header.structs, other.structs, spell, lines):
        if ours.size != theirs.size:
            lines.append(f"struct {name} has {ours.size} bytes in the header and {theirs.size} here")
        ours_by_name = {member.name: member for member in ours.members}
        theirs_by_name = {member.name: member for member in theirs.members}
        for member, mine, yours in _paired(f"struct {name}:", ours_by_name, theirs_by_name, spell, lines):
            if mine.offset != yours.offset:
                lines.append(f"struct {name}: {member} lies at {mine.offset} in the header and at {yours.offset} here")
            if not _same(mine.type, yours.type, spell):
                lines.append(f"struct {name}: {member} is {mine.type} in the header and {yours.type} here")
    return lines


def _functions(header: Surface, other: Surface, spell: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for name, ours, theirs in _paired("function", header.functions, other.functions, exactly, lines):
        if not _same(ours.result, theirs.result, spell):
            lines.append(f"function {name} gives {ours.result} in the header and {theirs.result} here")
        if len(ours.parameters) != len(theirs.parameters):
            lines.append(f"function {name} takes {len(ours.parameters)} arguments in the header and {len(theirs.parameters)} here")
            continue
        for (mine, type_), (yours, their_type) in zip(ours.parameters, theirs.parameters):
            if yours and spell(mine) != spell(yours):
                lines.append(f"function {name}: {mine} is called {yours} here")
            if not _same(type_, their_type, spell):
                lines.append(f"function {name}: {mine} is {type_} in the header and {their_type} here")
    return lines


def _same(header: str, other: str, spell: Callable[[str], str]) -> bool:
    """The same bytes with the same meaning. A language without C's enums or characters has their integers instead."""
    if header.startswith("ptr<") and other.startswith("ptr<"):
        pointee, their_pointee = header[4:-1], other[4:-1]
        opaque = pointee.startswith("opaque ") and their_pointee == "void"
        return opaque or _same(pointee, their_pointee, spell)
    kind, _, name = header.partition(" ")
    their_kind, _, their_name = other.partition(" ")
    if kind == their_kind and kind in ("enum", "struct"):
        return spell(name) == spell(their_name)
    if kind == "enum":
        return other in ("i32", "u32")
    if their_kind == "enum":
        return header == "i32"
    if header == "char":
        return other in ("char", "u8", "i8")
    return header == other
