"""The Python examples of pages in docs/, cut out of their text and run as a reader would run them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import environment, prints

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.rglob("*.md"))
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
]

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", EXAMPLES)
def test_example_runs_and_prints(code):
    assert prints(code)


def test_pictures_are_what_their_script_makes(tmp_path):
    for name in ("demo", "docs", "reproduce"):
        shutil.copytree(DOCS.parent / name, tmp_path / name)
    images = tmp_path / "docs" / "images"
    pictures = ["dynamics.svg", "gaussians.svg", "several-targets.svg"]
    for name in pictures:
        (images / name).unlink()
    subprocess.run([sys.executable, str(images / "make_targets.py")], env=environment(), check=True, timeout=240)
    for name in pictures:
        made, kept = ((folder / name).read_text(encoding="utf-8") for folder in (images, DOCS / "images"))
        texts = [re.findall(r"<text[^>]*>([^<]*)</text>", svg) for svg in (made, kept)]
        assert texts[0] == texts[1] and texts[0]
        assert set(re.findall(r"https?://[^\"\s]+", kept)) == {"http://www.w3.org/2000/svg"}
