"""The C interface as C# has it, by reflection: the exports of src/Native, and ClangSharp's declarations of the header."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from surface import Function, Member, Struct, Surface


def read_csharp(project: Path) -> tuple[Surface, Surface]:
    """(exports, generated declarations)."""
    build = subprocess.run(["dotnet", "build", "-c", "Release", "-v", "quiet", "--nologo", str(project)], capture_output=True, text=True)
    if build.returncode != 0:
        raise RuntimeError(f"{project} does not compile:\n{build.stdout}")
    program = project / "bin" / "Release" / "net10.0" / "Equipoise.Reflect.dll"
    printed = json.loads(subprocess.run(["dotnet", str(program)], check=True, capture_output=True, text=True).stdout)
    return _surface(printed["exports"]), _surface(printed["generated"])


def _surface(printed: dict[str, Any]) -> Surface:
    return Surface(
        enums=printed["Enums"],
        structs={
            name: Struct(shape["Size"], [Member(member["Name"], member["Type"], member["Offset"]) for member in shape["Members"]])
            for name, shape in printed["Structs"].items()
        },
        functions={
            name: Function(shape["Result"], [(parameter["Name"], parameter["Type"]) for parameter in shape["Parameters"]])
            for name, shape in printed["Functions"].items()
        },
        constants=printed["Constants"],
    )
