"""The Python examples of pages in docs/, cut out of their text and run as a reader would run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import prints

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
]

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", EXAMPLES)
def test_example_runs_and_prints(code):
    assert prints(code)
