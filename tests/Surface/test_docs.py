"""What the pages in docs/ name exists: paths, types of C# and Python, names of the C header, and the pages they link to. A renamed file or
type that a page still speaks of turns this red; that it does is tested on sentences that are wrong on purpose."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))

# What a build makes is in no checkout.
MADE = ("build/", "bindings/python/equipoise/_lib/")
SKIPPED_FOLDERS = {".git", "bin", "obj", "build", "__pycache__", ".mypy_cache", ".pytest_cache", ".hypothesis", "_lib"}
SUFFIXES = "c|cs|cpp|csproj|css|h|hpp|in|json|map|md|npy|props|py|rsp|sh|svg|toml|txt|yml"

PATH = re.compile(rf"(?:\./)?(?:[\w.@*-]+/)+[\w.@*-]*|[\w*-][\w.*-]*\.(?:{SUFFIXES})")
TYPE = re.compile(r"([A-Z]\w*[a-z]\w*)(?:<[\w, ]+>)?(?:\.\w+)*(?:\([^()]*\))?")
C_NAME = re.compile(r"(?:eqp|EQP)_\w+")
COMMENTS = {
    ".cs": re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL),
    ".py": re.compile(r'"""(?:.*?)"""|#[^\n]*', re.DOTALL),
}


@functools.cache
def tree() -> frozenset[str]:
    """Every file and, with a slash at its end, every folder of the checkout, from its root."""
    found: set[str] = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        prefix = Path(folder).relative_to(ROOT).as_posix() + "/"
        prefix = "" if prefix == "./" else prefix
        found |= {prefix + name for name in files} | {f"{prefix}{name}/" for name in folders}
    return frozenset(found)


@functools.cache
def words() -> frozenset[str]:
    """Every word of the C# and Python code, comments left out: a sentence about a type must not keep its name alive."""
    found: set[str] = set()
    for name in tree():
        comments = COMMENTS.get(Path(name).suffix)
        if comments is not None and name != "tests/Surface/test_docs.py":
            found.update(re.findall(r"[A-Za-z_]\w*", comments.sub(" ", (ROOT / name).read_text(encoding="utf-8"))))
    return frozenset(found)


@functools.cache
def header() -> str:
    return (ROOT / "bindings/c/include/equipoise.h").read_text(encoding="utf-8")


def has_path(name: str) -> bool:
    """From the root, or from any folder: a page may say Balance/Batch.cs. An asterisk stands for a part of one name."""
    name = name.removeprefix("./")
    if name.startswith(MADE):
        return True
    pattern = re.compile("(?:.*/)?" + re.escape(name).replace(r"\*", "[^/]*") + "/?")
    return any(pattern.fullmatch(known) for known in tree())


def looks_like_a_path(name: str) -> bool:
    """A fraction such as p/q is none: a path begins with a folder of the root or ends with a slash or a suffix."""
    if not PATH.fullmatch(name):
        return False
    known = f"{name.removeprefix('./').split('/')[0]}/" in tree()
    return known or name.endswith("/") or re.search(rf"\.(?:{SUFFIXES})$", name) is not None


def missing(text: str, folder: Path) -> list[str]:
    """What a page names and the tree does not have."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    lost = []
    for name in re.findall(r"`([^`\n]+)`", text):
        kind = TYPE.fullmatch(name)
        if C_NAME.fullmatch(name):
            there = re.search(rf"\b{name}\b", header()) is not None
        elif looks_like_a_path(name):
            there = has_path(name)
        else:
            there = kind is None or kind.group(1) in words()
        if not there:
            lost.append(name)
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    return lost + [link for link in links if not (folder / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_everything_that_a_page_names_exists(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8"), page.parent) == []


@pytest.mark.parametrize(
    "name",
    [
        "src/Managed/Balance/RowSolvent.cs",
        "src/Unmanaged/",
        "Balance/Bunch.cs",
        "nowhere.sh",
        "RowSolvent",
        "Matrices.Data",
        "ILanes16<T, V>",
        "eqp_dissolve",
        "EQP_ROW_MAYBE",
    ],
)
def test_a_wrong_name_is_noticed(name: str) -> None:
    assert missing(f"The sweep lies in `{name}` now.", ROOT) == [name]


def test_a_broken_link_is_noticed() -> None:
    assert missing("See [the contract](docs/contrast.md#nan).", ROOT) == ["docs/contrast.md"]


@pytest.mark.parametrize(
    "name",
    [
        "p/q",
        "1/k",
        "valid_columns",
        "./build.sh",
        "build/native/lib/",
        "docs/",
        "src/Managed/Rows/*.cs",
        "RowState",
        "Matrix.Data",
        "eqp_solve",
    ],
)
def test_a_right_name_is_left_alone(name: str) -> None:
    assert missing(f"Take `{name}`.", ROOT) == []
