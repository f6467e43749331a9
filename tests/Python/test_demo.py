"""The demo, as a stranger runs it: the tables on the terminal and the page with pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support import environment

ROOT = Path(__file__).resolve().parents[2]
CONVERSATIONS = {"arith": 5, "style": 4, "code": 4, "fact": 4, "french": 4, "logic": 5, "json": 3, "plain": 4}
WITHOUT = "sys.modules[{module!r}] = None; import runpy; runpy.run_path({path!r}, run_name='__main__')"

pytestmark = pytest.mark.once


def run(*command: str) -> str:
    """What a command prints, which must end well."""
    done = subprocess.run([sys.executable, *command], env=environment(PYTHONIOENCODING="utf-8"), capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def run_without(module: str, folder: Path) -> str:
    """The demo where a module cannot be imported."""
    demo = ROOT / "demo"
    code = f"import sys; sys.path.insert(0, {str(demo)!r}); " + WITHOUT.format(module=module, path=str(demo / "demo.py"))
    return run("-c", code, "--output", str(folder), "--rounds", "1")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The terminal's text and the folder of the page."""
    folder = tmp_path_factory.mktemp("demo") / "made"
    return run(str(ROOT / "demo" / "demo.py"), "--output", str(folder), "--rounds", "1"), folder


def table_lines(text: str) -> dict[str, list[str]]:
    """The cells of the table's lines, which stand two spaces apart, by their first."""
    cells = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {line[0]: line[1:] for line in cells if len(line) > 1}


def test_table_holds_every_conversation(shown: tuple[str, Path]) -> None:
    lines = table_lines(shown[0])
    for name, rows in {**CONVERSATIONS, "all": 33}.items():
        count, median, span, kl_theta, kl_target, ess_theta, ess_target, residual, sweeps = lines[name]
        low, high = (float(end) for end in span.split(" – "))
        assert int(count) == rows
        assert 0.3 < low <= float(median) <= high < 0.7
        assert float(kl_theta) == pytest.approx(float(kl_target), rel=0.02)
        assert 0 < float(kl_theta) < 2
        assert 0 < float(ess_theta) <= 1 and 0 < float(ess_target) <= 1
        assert float(residual) <= 1e-6
        mean, most = (float(number) for number in sweeps.split(" / "))
        assert 2 <= mean <= most <= 51
    assert "row status: 33 OK" in shown[0]


def test_machine_and_versions_are_told(shown: tuple[str, Path]) -> None:
    import equipoise
    import numpy

    assert f"instruction set {equipoise.library_info().isa}" in shown[0]
    assert f"Equipoise {equipoise.__version__}" in shown[0]
    assert f"numpy {numpy.__version__}" in shown[0]


def test_reference_is_slower_and_less_exact(shown: tuple[str, Path]) -> None:
    pytest.importorskip("torch")
    real = table_lines(shown[0].split("Time on the real rows")[1].split("Time on")[0])
    ours, reference = real["Equipoise"], real["PyTorch, reference"]
    assert float(ours[2]) == 1
    assert float(reference[2]) > 5
    assert float(ours[-1]) <= 1e-5 < float(reference[-1])


def test_page_is_well_formed_and_stands_alone(shown: tuple[str, Path]) -> None:
    page = (shown[1] / "report.html").read_text(encoding="utf-8")
    assert [file.name for file in shown[1].iterdir()] == ["report.html"]
    root = ElementTree.fromstring(page)  # well-formed even as XML
    assert root.tag == "html"
    assert "//" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"@import|url\((?!#)", page)
    for element in root.iter():
        assert element.tag not in ("script", "link", "iframe", "object", "embed")
        for name in ("href", "src"):
            assert element.get(name, "#").startswith("#")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    missing = {target for target in re.findall(r'(?:url\(|href=")#([^)"]+)', page)} - set(ids)
    assert not missing


def test_page_shows_pictures_and_tables(shown: tuple[str, Path]) -> None:
    page = (shown[1] / "report.html").read_text(encoding="utf-8")
    root = ElementTree.fromstring(page)
    assert len(list(root.iter("svg"))) == 1 + 2 * 4
    assert len(list(root.iter("table"))) == 3
    assert page.count("α* = 0.") == 4
    assert "␣" in page and "prefers-color-scheme: dark" in page and 'name="viewport"' in page

    class Words(HTMLParser):
        """Collects the text."""

        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

    words = Words()
    words.feed(page)
    for name in CONVERSATIONS:
        assert name in words.text


def test_runs_without_torch(tmp_path: Path) -> None:
    text = run_without("torch", tmp_path)
    assert "PyTorch is not installed here" in text
    assert set(CONVERSATIONS) < set(table_lines(text))
    assert (tmp_path / "report.html").exists()


def test_runs_without_matplotlib(tmp_path: Path) -> None:
    text = run_without("matplotlib", tmp_path)
    assert "matplotlib is not installed here" in text
    assert set(CONVERSATIONS) < set(table_lines(text))
    assert not list(tmp_path.iterdir())


def test_texts_are_escaped_and_visible() -> None:
    code = (
        "import bundle, pictures, page, tables\n"
        "print(bundle.visible(' a\\n\\t\\x07\\u202e'), repr(bundle.visible('')), pictures._plain('$x$'))\n"
        "print(page._table(tables.Table('<t>', ['&'], [['<b>']], notes=['\"'])))"
    )
    shown = run("-c", f"import sys; sys.path.insert(0, {str(ROOT / 'demo')!r})\n{code}").splitlines()
    assert shown[0] == r"␣a↵⇥\u0007\u202e '∅' \$x\$"
    assert "&lt;t&gt;" in "".join(shown) and "&lt;b&gt;" in "".join(shown) and "<b>" not in "".join(shown)
