"""The documents' experiments, as a stranger runs them: the figures of theirs that stand, those that do not, and the page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support import environment

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """What the terminal shows, the progress, and the page."""
    folder = tmp_path_factory.mktemp("reproduce") / "made"
    command = [sys.executable, str(ROOT / "reproduce" / "reproduce.py"), "--output", str(folder)]
    done = subprocess.run(command, env=environment(PYTHONIOENCODING="utf-8"), capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert [file.name for file in folder.iterdir()] == ["report.html"]
    return done.stdout.decode(), done.stderr.decode(), (folder / "report.html").read_text(encoding="utf-8")


def claims(text: str) -> dict[str, tuple[bool, str, str]]:
    """Whether a document's figure stands, the figure, and ours, by what it is."""
    found = re.findall(r"^  ([✓✗]) (.*?): the document (.*?); here (.*)$", text, re.MULTILINE)
    return {what: (mark == "✓", theirs, ours) for mark, what, theirs, ours in found}


def test_figures_that_stand_and_figures_that_do_not(shown: tuple[str, str, str]) -> None:
    found = claims(shown[0])
    for what in ("largest |KL_θ − KL_t|, Newton", "softmax(randn): share dominated", "Dirichlet(1): share dominated"):
        assert found[what][0], what
    for what in ("c/√k satisfies them, too", "−log ESS / KL at σ = 0.001", "their difference", "softmax(randn): fall of both KLs"):
        assert not found[what][0], what
    assert sum(what.endswith("share dominated") and ours == "100.0%" for what, (_, _, ours) in found.items()) == 4


def test_numbers_are_those_of_the_theory(shown: tuple[str, str, str]) -> None:
    found = claims(shown[0])
    assert float(found["−log ESS / KL at σ = 0.001"][2].split()[0]) == pytest.approx(2, abs=1e-3)
    share = {int(what.split()[-2]): float(ours.rstrip("%")) for what, (_, _, ours) in found.items() if what.startswith("share of pairs")}
    assert share == pytest.approx({100: 74, 300: 86, 1000: 95, 3000: 98.5, 10000: 100}, abs=2.5)
    assert float(found["KL(p‖q), as the note computes it"][2]) == pytest.approx(0.04063719565666954, abs=1e-15)
    assert float(found["its quadratic"][2]) == pytest.approx(0.04296875, abs=1e-15)
    assert found["½ Σ d²/q, the Fisher form at q"][2].startswith("0.03125 nats")
    assert found["½ Σ 2d²/(p+q), midpoint"][2].startswith("0.02667 nats")
    assert found["sweeps of bisection to ε = 1e-6"][2] == "20"
    assert int(found["sweeps of Newton from α = ½ to ε = 1e-6"][2]) <= 5
    assert float(found["bias of the minimax polynomial in K"][2].removeprefix("K^")) == pytest.approx(-2, abs=0.02)
    assert float(found["bias of the U-statistic of a power of ν"][2]) < 1e-12
    for mode in ("fresh, from q_α", "off path, from π_θ"):
        assert float(found[f"error of α by the number of updates, {mode}"][2].removeprefix("k^")) == pytest.approx(-0.5, abs=0.15), mode
    assert float(found["natural gradient: how does α* go to ½?"][2].rpartition("^")[2]) == pytest.approx(0.5, abs=0.05)


def test_the_bar_moves_to_its_end(shown: tuple[str, str, str]) -> None:
    lines = [line for line in shown[1].splitlines() if line.startswith("[")]
    done, total = lines[-1].split()[1].split("/")
    assert done == total and "#" * 30 in lines[-1] and len(lines) > 10


def test_the_page_is_well_formed_and_stands_alone(shown: tuple[str, str, str]) -> None:
    root = ElementTree.fromstring(shown[2])  # well-formed even as XML
    assert "//" not in re.sub(r"<style>.*?</style>", "", shown[2], flags=re.DOTALL)
    for element in root.iter():
        assert element.tag not in ("script", "link", "iframe", "object", "embed")
        for name in ("href", "src"):
            assert element.get(name, "#").startswith("#")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert not set(re.findall(r'(?:url\(|href=")#([^)"]+)', shown[2])) - set(ids)


def test_the_page_shows_what_the_terminal_says(shown: tuple[str, str, str]) -> None:
    root = ElementTree.fromstring(shown[2])
    assert len(list(root.iter("svg"))) == len(list(root.iter("section"))) == len(list(root.iter("table"))) == 11
    rows = [row for row in root.iter("tr") if row.get("class")]
    assert [row.get("class") == "stands" for row in rows] == [holds for holds, _, _ in claims(shown[0]).values()]
