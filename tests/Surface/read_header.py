"""The C interface as clang reads the header: its syntax tree for names and types, its record layouts for sizes and offsets."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from surface import Function, Member, Struct, Surface

CLANG = "clang-16"
PREFIX = "eqp_"
PRIMITIVES = {
    "void": "void",
    "char": "char",
    "float": "f32",
    "double": "f64",
    "size_t": "u64",
    **{f"int{bits}_t": f"i{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}_t": f"u{bits}" for bits in (8, 16, 32, 64)},
}


def read_header(header: Path) -> Surface:
    tree = json.loads(_clang(header, "-Xclang", "-ast-dump=json", "-fsyntax-only"))
    declared = [node for node in tree["inner"] if node.get("name", "").startswith(PREFIX)]
    enums = {node["name"]: _constants(node) for node in declared if node["kind"] == "EnumDecl"}
    records = {node["name"]: node for node in declared if node["kind"] == "RecordDecl" and node.get("completeDefinition")}
    types = _Types(set(enums), set(records), {node["name"] for node in declared if node["kind"] == "RecordDecl"})
    layouts = _layouts(header)
    return Surface(
        enums=enums,
        structs={name: _struct(node, types, *layouts[name]) for name, node in records.items()},
        functions={node["name"]: _function(node, types) for node in declared if node["kind"] == "FunctionDecl"},
        constants=_macros(header),
    )


def _clang(header: Path, *arguments: str) -> str:
    return subprocess.run([CLANG, *arguments, "-x", "c", "-std=c11", str(header)], check=True, capture_output=True, text=True).stdout


def _constants(enum: dict[str, Any]) -> dict[str, int]:
    values: dict[str, int] = {}
    following = 0
    for constant in enum["inner"]:
        explicit = [inner["value"] for inner in constant.get("inner", []) if "value" in inner]
        values[constant["name"]] = int(explicit[0]) if explicit else following
        following = values[constant["name"]] + 1
    return values


class _Types:
    def __init__(self, enums: set[str], structs: set[str], records: set[str]) -> None:
        self._names = {**PRIMITIVES, **{name: f"opaque {name}" for name in records}}
        self._names |= {name: f"enum {name}" for name in enums} | {name: f"struct {name}" for name in structs}

    def spell(self, written: str) -> str:
        bare = re.sub(r"\b(const|enum|struct)\b", "", written).replace(" ", "")
        pointers = len(bare) - len(bare.rstrip("*"))
        name = bare.rstrip("*")
        if name not in self._names:
            raise ValueError(f"the header's type {written!r} has no place in the C interface")
        return "ptr<" * pointers + self._names[name] + ">" * pointers


def _layouts(header: Path) -> dict[str, tuple[int, list[int]]]:
    text = _clang(header, "-Xclang", "-fdump-record-layouts-simple", "-Xclang", "-fdump-record-layouts-complete", "-fsyntax-only")
    found = re.findall(rf"Type: struct ({PREFIX}\w+)\s.*?Size:(\d+).*?FieldOffsets: \[([\d, ]*)\]", text, re.DOTALL)
    return {name: (int(bits) // 8, [int(offset) // 8 for offset in offsets.split(",")]) for name, bits, offsets in found}


def _struct(record: dict[str, Any], types: _Types, size: int, offsets: list[int]) -> Struct:
    fields = [node for node in record["inner"] if node["kind"] == "FieldDecl"]
    if len(fields) != len(offsets):
        raise ValueError(f"{record['name']} has {len(fields)} members and {len(offsets)} offsets")
    return Struct(size, [Member(node["name"], types.spell(node["type"]["qualType"]), offset) for node, offset in zip(fields, offsets)])


def _function(declaration: dict[str, Any], types: _Types) -> Function:
    result = declaration["type"]["qualType"].partition("(")[0]
    parameters = [node for node in declaration.get("inner", []) if node["kind"] == "ParmVarDecl"]
    return Function(types.spell(result), [(node["name"], types.spell(node["type"]["qualType"])) for node in parameters])


def _macros(header: Path) -> dict[str, int | str]:
    defined = dict(re.findall(r"#define (EQP_\w+) (\d+)$", _clang(header, "-E", "-dM"), re.MULTILINE))
    version = ".".join(defined[f"EQP_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH"))
    return {"EQP_ABI_VERSION": int(defined["EQP_ABI_VERSION"]), "version": version}
