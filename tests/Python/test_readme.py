"""The README's examples, cut out of its text and run as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from support import PACKAGE, Exact, environment

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = {"Python": "solve.py", "C": "solve.c", "C++": "solve.cpp", "C#": "solve.cs"}
TOOLS = {"Python": "python3", "C": "gcc", "C++": "g++", "C#": "dotnet"}
SHOWN = 3  # rows

pytestmark = pytest.mark.once


def blocks(language: str) -> tuple[str, str]:
    """The program of a language's section and the commands that run it."""
    section = README.split(f"\n### {language}\n")[1].split("\n## ")[0].split("\n### ")[0]
    found = re.findall(r"^```(\w+)\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    (_, program), (shell, commands) = found
    assert shell == "sh" and f"`{FILES[language]}`" in section
    return program, commands


def expected() -> list[str]:
    """What every example must print, from the definitions in float64."""
    theta, target = (np.load(ROOT / "demo" / "data" / f"{name}.npy")[:SHOWN] for name in ("theta", "target"))
    exact = Exact(theta, target)
    tokens = exact.q.argmax(-1)
    rows = zip(exact.alpha, tokens, exact.q.max(-1))
    return [f"row {row}: alpha* {alpha:.4f}, likeliest token {token} at {most:.3f}" for row, (alpha, token, most) in enumerate(rows)]


@pytest.mark.parametrize("language", FILES)
def test_example_prints_the_answer(language: str, tmp_path: Path) -> None:
    if shutil.which(TOOLS[language]) is None:
        pytest.skip(f"{TOOLS[language]} is not installed")
    program, commands = blocks(language)
    for name in ("bindings", "build", "demo"):
        (tmp_path / name).symlink_to(ROOT / name)
    # A project keeps its true place: MSBuild looks for the settings above it.
    (tmp_path / FILES[language]).write_text(program.replace("#:project src/", f"#:project {ROOT}/src/"), encoding="utf-8")
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, env=environment(PYTHON=sys.executable), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == expected()
    assert "warning" not in done.stderr


def test_commands_exist() -> None:
    usage = subprocess.run(["bash", str(ROOT / "build.sh"), "help"], capture_output=True, text=True, timeout=60, check=True).stdout
    named = set(re.findall(r"\./build\.sh (\w+)", README))
    assert {"demo", "test"} <= named
    for command in named:
        assert f"./build.sh {command}" in usage


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "demo/data/README.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not urlparse(target).scheme:
            assert (ROOT / name).parent.joinpath(target).exists(), target


def test_figures_are_those_of_a_result() -> None:
    table = ROOT / "bench" / "pytorch" / "table.py"
    done = subprocess.run([sys.executable, str(table), "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_picture_stands_alone() -> None:
    text = (ROOT / "docs" / "images" / "idea.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "prefers-color-scheme: dark" in text and "α* = 0." in text


def test_picture_is_what_its_script_makes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("demo", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    made = tmp_path / "docs" / "images" / "idea.svg"
    made.unlink()
    script = made.with_name("make_idea.py")
    subprocess.run([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(PACKAGE)}, check=True, timeout=120)
    assert same_tokens(made.read_text(encoding="utf-8"), (ROOT / "docs" / "images" / "idea.svg").read_text(encoding="utf-8"))


def same_tokens(a: str, b: str) -> bool:
    """Whether both show the same texts: drawing programs of other versions place them a little differently."""
    texts = [re.findall(r"<text[^>]*>([^<]*)</text>", svg) for svg in (a, b)]
    return texts[0] == texts[1] and len(texts[0]) > 20
