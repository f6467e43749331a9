"""The header, as clang reads it, against every place that repeats it: the exports in C#, ClangSharp's declarations, the ctypes tables,
the C++ header and the linker's list of symbols. A change of the header that leaves one of them behind turns this red; that it does is
tested on changed copies of the header."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Callable

import pytest

from read_csharp import read_csharp
from read_ctypes import read_ctypes
from read_header import read_header
from read_hpp import differences_of_hpp
from surface import Surface, differences, squashed

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "bindings/c/include/equipoise.h"


def without_comments(header: Path) -> str:
    code = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"[ \t]+$", "", code, flags=re.MULTILINE)


@functools.cache
def csharp() -> tuple[Surface, Surface] | str:
    """What C# has, or why that cannot be told: a build that fails is not tried again for every test."""
    try:
        return read_csharp(ROOT / "tests/Surface/Reflect")
    except RuntimeError as failure:
        return str(failure)


def of_csharp(which: int) -> Surface:
    surfaces = csharp()
    if isinstance(surfaces, str):
        pytest.fail(surfaces)
    return surfaces[which]


def exports(header: Surface) -> list[str]:
    return differences(header, of_csharp(0), squashed)


def generated(header: Surface) -> list[str]:
    return differences(header, of_csharp(1))


def ctypes_tables(header: Surface) -> list[str]:
    return differences(header, read_ctypes(ROOT / "bindings/python/equipoise/_abi.py"))


def cpp_header(header: Surface) -> list[str]:
    return differences_of_hpp(header, ROOT / "bindings/c/include/equipoise.hpp")


def symbol_list(header: Surface) -> list[str]:
    listed = set(re.findall(r"^\s*(eqp_\w+);", (ROOT / "src/Native/equipoise.map").read_text(encoding="utf-8"), re.MULTILINE))
    return [f"function {name} is on one side only" for name in listed ^ set(header.functions)]


SIDES = [exports, generated, ctypes_tables, cpp_header, symbol_list]
EVERY_TABLE = [exports, generated, ctypes_tables]


@pytest.mark.parametrize("side", SIDES)
def test_nothing_is_left_behind(side: Callable[[Surface], list[str]]) -> None:
    assert side(read_header(HEADER)) == []


def test_the_header_is_seen_whole() -> None:
    """The comparison is worth something: it has the names that a reader of the header finds in its text."""
    surface = read_header(HEADER)
    text = without_comments(HEADER)
    assert set(surface.functions) == set(re.findall(r"^\S.*?\b(eqp_\w+)\((?!\*)", text, re.MULTILINE))
    assert set(surface.enums) | set(surface.structs) == set(re.findall(r"typedef (?:enum|struct) (\w+) \{", text))
    constants = {name for values in surface.enums.values() for name in values}
    assert constants == set(re.findall(r"\b(EQP_\w+) = \d", text))


# what is changed: (text of the header, its replacement, what every side of the list must then say)
CHANGES = {
    "a member at the end": (
        "  double probability_epsilon;",
        "  double probability_epsilon; double more;",
        "more",
        [*EVERY_TABLE, cpp_header],
    ),
    "a member in between": ("  double budget;", "  double extra; double budget;", "budget lies at", EVERY_TABLE),
    "a member removed": ("  int32_t *iterations;", "", "has 88 bytes in the header and 96", EVERY_TABLE),
    "a member renamed": ("  double floor;", "  double ground;", "ground of the header is missing", EVERY_TABLE),
    "a wider member": ("  int32_t max_iterations;", "  int64_t max_iterations;", "max_iterations is i64", EVERY_TABLE),
    "an unsigned member": ("  int32_t max_iterations;", "  uint32_t max_iterations;", "max_iterations is u32", EVERY_TABLE),
    "two members swapped": (
        "  double weight_theta;\n  double weight_target;",
        "  double weight_target;\n  double weight_theta;",
        "weight_theta lies at",
        EVERY_TABLE,
    ),
    "a pointer instead of a value": ("  double tolerance;", "  double *tolerance;", "tolerance is ptr<f64>", EVERY_TABLE),
    "a pointer to another type": ("  double *alpha;", "  float *alpha;", "alpha is ptr<f32>", EVERY_TABLE),
    "a member of the matrix": ("  int64_t group_rows;", "  int64_t depth; int64_t group_rows;", "eqp_matrix", SIDES[:4]),
    "a function renamed": ("eqp_status eqp_divergence(", "eqp_status eqp_divergences(", "function eqp_divergences", SIDES),
    "a function added": ("const char *eqp_isa(void);", "const char *eqp_isa(void); void eqp_reset(void);", "function eqp_reset", SIDES),
    "a function removed": ("const char *eqp_isa(void);", "", "eqp_isa", [*EVERY_TABLE, symbol_list]),
    "an argument added": ("eqp_status status);", "eqp_status status, int32_t language);", "takes 2 arguments", EVERY_TABLE),
    "an argument of another type": ("double *values,", "float *values,", "values is ptr<f32>", EVERY_TABLE),
    "an argument of another struct": ("const eqp_matrix *p,", "const eqp_solution *p,", "p is ptr<struct eqp_solution>", EVERY_TABLE),
    "an argument renamed": ("double *values,", "double *answers,", "answers is called values", [exports, generated]),
    "another result": ("int32_t eqp_abi_version(void);", "int64_t eqp_abi_version(void);", "gives i64", EVERY_TABLE),
    "a constant added": ("EQP_BF16 = 3", "EQP_BF16 = 3, EQP_F8 = 4", "F8", [*EVERY_TABLE, cpp_header]),
    "a constant's value": ("EQP_BISECTION = 1", "EQP_BISECTION = 2", "BISECTION is 2", EVERY_TABLE),
    "a constant renamed": ("EQP_ROW_SKIPPED = 7", "EQP_ROW_IGNORED = 7", "IGNORED", [*EVERY_TABLE, cpp_header]),
    "constants without values": ("EQP_NEWTON = 0, EQP_BISECTION = 1", "EQP_BISECTION, EQP_NEWTON", "NEWTON is 1", EVERY_TABLE),
    "an enum added": (
        "typedef enum eqp_method",
        "typedef enum eqp_mode { EQP_FAST } eqp_mode;\ntypedef enum eqp_method",
        "enum eqp_mode",
        EVERY_TABLE,
    ),
    "a struct added": (
        "typedef struct eqp_solution {",
        "typedef struct eqp_pair { double a; } eqp_pair;\ntypedef struct eqp_solution {",
        "struct eqp_pair",
        EVERY_TABLE,
    ),
    "the ABI's version": ("#define EQP_ABI_VERSION 1", "#define EQP_ABI_VERSION 2", "EQP_ABI_VERSION is 2", EVERY_TABLE),
    "the library's version": ("#define EQP_VERSION_MINOR 1", "#define EQP_VERSION_MINOR 7", "version is 0.7.0", [exports, generated]),
}


def changed_header(before: str, after: str, folder: Path) -> Path:
    text = without_comments(HEADER)
    assert text.count(before) >= 1
    changed = folder / "equipoise.h"
    changed.write_text(text.replace(before, after, 1), encoding="utf-8")
    return changed


@pytest.mark.parametrize(("before", "after", "said", "sides"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_header_is_noticed(
    before: str, after: str, said: str, sides: list[Callable[[Surface], list[str]]], tmp_path: Path
) -> None:
    surface = read_header(changed_header(before, after, tmp_path))
    for side in sides:
        assert any(said in line for line in side(surface)), f"{side.__name__} says {side(surface)}"


def test_a_type_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="long double"):
        read_header(changed_header("  double tolerance;", "  long double tolerance;", tmp_path))


def test_an_enum_is_told_from_another() -> None:
    """C# has types of its own for enums, so that one in another's place is a difference, though it has the same bytes."""
    surface = read_header(HEADER)
    members = surface.structs["eqp_solve_options"].members
    next(member for member in members if member.name == "scores").type = "enum eqp_method"
    assert exports(surface) and generated(surface)
