"""The C++ header's share of the C interface: which constants and members it knows. Its values and types are the C header's own."""

from __future__ import annotations

import re
from pathlib import Path

from surface import Surface


# Exceptions carry the texts, and the loader sees to the ABI's version.
FOR_C = {"eqp_abi_version", "eqp_status_string"}
FILLED_BY_THE_LIBRARY = {"struct_size", "reserved"}


def differences_of_hpp(header: Surface, hpp: Path) -> list[str]:
    """What of the header equipoise.hpp does not carry."""
    code = re.sub(r"/\*.*?\*/", " ", hpp.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = set(re.findall(r"\w+", code))
    # Structs that callers of the C++ header use as they are.
    whole = {"eqp_matrix", *re.findall(r"span<(?:const )?(eqp_\w+)>", code)}
    members = set(re.findall(r"(?:c_|where|answer|what)\.(\w+)", code))
    lines = [f"enum {enum}: {constant} is missing" for enum, values in header.enums.items() for constant in values if constant not in words]
    lines += [f"function {name} is missing" for name in set(header.functions) - words - FOR_C]
    lines += [
        f"struct {name}: {member.name} is missing"
        for name, struct in header.structs.items()
        for member in struct.members
        if name not in whole and member.name not in members | FILLED_BY_THE_LIBRARY
    ]
    # eqp_matrix is filled by position: a member more or less does not compile, but one left out at the end would.
    filled = re.search(r"c_\{const_cast<void \*>\(data\)(.*?)\}", code, re.DOTALL)
    if filled is None or filled.group(1).count(",") + 1 != len(header.structs["eqp_matrix"].members):
        lines.append("struct eqp_matrix: not every member is filled")
    return lines
