"""The C++ header's share of the C interface: which constants and members it knows. Its values and types are the C header's own."""

from __future__ import annotations

import re
from pathlib import Path

from surface import Surface


def differences_of_hpp(header: Surface, hpp: Path) -> list[str]:
    """What of the header equipoise.hpp does not carry."""
    code = re.sub(r"/\*.*?\*/", " ", hpp.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = set(re.findall(r"\w+", code))
    members = set(re.findall(r"(?:c_|where|answer|what)\.(\w+)", code))
    # Filled by eqp_*_init; reserved for later.
    not_for_users = {"struct_size", "reserved"}
    lines = [f"enum {enum}: {constant} is missing" for enum, values in header.enums.items() for constant in values if constant not in words]
    lines += [f"function {name} is missing" for name in header.functions if name not in words and name not in {"eqp_abi_version", "eqp_status_string"}]
    lines += [
        f"struct {name}: {member.name} is missing"
        for name, struct in header.structs.items()
        for member in struct.members
        if member.name not in members | not_for_users and name != "eqp_matrix"
    ]
    # eqp_matrix is filled by position: a member more or less does not compile, but one left out at the end would.
    filled = re.search(r"c_\{const_cast<void \*>\(data\)(.*?)\}", code, re.DOTALL)
    if filled is None or filled.group(1).count(",") + 1 != len(header.structs["eqp_matrix"].members):
        lines.append("struct eqp_matrix: not every member is filled")
    return lines
