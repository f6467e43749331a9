"""The package as it is shipped: types, wheel, installation, documentation, style."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import equipoise as eq
import pytest
from support import PACKAGE, environment

pytestmark = pytest.mark.once
SOURCES = sorted((PACKAGE / "equipoise").glob("*.py"))

USER = """import numpy as np
import equipoise as eq
x = np.zeros((2, 3), np.float32)
reveal_type(eq.solve(x, x).q)
reveal_type(eq.kl(x, x))
reveal_type(eq.library_info().isa)
eq.solve(x, x, tolerence=1)
"""


def run(*command, cwd=PACKAGE, **changes):
    return subprocess.run(command, cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=600)


def test_a_type_checker_passes(tmp_path):
    pytest.importorskip("mypy")
    done = run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "equipoise", "build_backend.py")
    assert done.returncode == 0, done.stdout


def test_users_get_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER)
    done = run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "user.py"))
    revealed = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert [name.partition("[")[0] for name in revealed] == ["numpy.ndarray", "numpy.ndarray", "builtins.str"], done.stdout
    assert 'user.py:7: error: Unexpected keyword argument "tolerence"' in done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as ./build.sh wheel does."""
    folder = tmp_path_factory.mktemp("wheels")
    done = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--wheel-dir", str(folder), ".", PYTHONPATH=None)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_serves_every_python_and_carries_every_level(wheel):
    assert re.fullmatch(rf"equipoise-{eq.__version__}-py3-none-(manylinux_2_\d+|linux)_(x86_64|aarch64)\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
    levels = sorted(path.parent.name for path in (PACKAGE / "equipoise" / "_lib").glob("*/libequipoise.so.1"))
    assert {f"equipoise/_lib/{level}/libequipoise.so.1" for level in levels} <= names and set(eq.library_info().available) <= set(levels)
    assert {f"equipoise/{source.name}" for source in SOURCES} | {"equipoise/py.typed"} <= names


def test_the_tag_is_the_glibc_that_the_libraries_need(wheel):
    import build_backend

    libraries = sorted((PACKAGE / "equipoise" / "_lib").glob("*/libequipoise.so.1"))
    found = set()
    for library in libraries:
        dump = run("objdump", "-p", str(library)).stdout
        assert build_backend.needed_libraries(library.read_bytes()) == set(re.findall(r"NEEDED\s+(\S+)", dump))
        found |= {tuple(map(int, version)) for version in re.findall(r"GLIBC_(\d+)\.(\d+)", dump)}
    if "manylinux" in wheel.name:
        assert "manylinux_{}_{}_".format(*max(found)) in wheel.name
    for page in (PACKAGE / "README.md", PACKAGE.parents[1] / "README.md"):
        assert "glibc {}.{} or later".format(*max(found)) in page.read_text(), page


def test_the_same_sources_give_the_same_wheel(wheel, tmp_path):
    done = run(sys.executable, "build_backend.py", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == wheel.read_bytes()


def test_the_sources_build_the_same_package_elsewhere(wheel, tmp_path):
    build = "import sys, build_backend; print(build_backend.build_sdist(sys.argv[1]))"
    done = run(sys.executable, "-c", build, str(tmp_path))
    assert done.returncode == 0, done.stderr
    again = run(sys.executable, "-c", build, str(tmp_path / "again"))
    source = tmp_path / done.stdout.strip()
    assert again.returncode == 0 and (tmp_path / "again" / source.name).read_bytes() == source.read_bytes()
    with tarfile.open(source) as archive:
        names = archive.getnames()
    assert all(name.startswith(f"equipoise-{eq.__version__}/") for name in names) and not [name for name in names if ".so" in name]

    # Levels that this processor cannot run are built, too, since the wheel is for others as well.
    done = run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--wheel-dir", str(tmp_path / "built"), str(source)),
        cwd=tmp_path,
        PYTHONPATH=None,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(tmp_path / "built" / wheel.name) as other:
        assert one.namelist() == other.namelist()
        assert all(one.read(name) == other.read(name) for name in one.namelist() if name.endswith((".py", "METADATA", "WHEEL")))


INSTALLED = """
import numpy as np, equipoise as eq, sys
assert eq.__file__.startswith(sys.prefix), eq.__file__
assert eq.library_info().path.startswith(sys.prefix)
theta, target = np.random.default_rng(0).normal(size=(2, 4, 1000))
solution = eq.solve(theta, target)
print(eq.library_info().isa, (abs(solution.q.sum(-1) - 1) < 1e-9).all())
"""


def virtual_environment(place, what):
    """One that has numpy and torch of the system, and equipoise from there."""
    done = run(sys.executable, "-m", "venv", "--system-site-packages", str(place), PYTHONPATH=None)
    assert done.returncode == 0, done.stderr
    done = run(str(place / "bin" / "pip"), "install", "--no-index", str(what), cwd=place, PYTHONPATH=None)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.mark.parametrize("source", ["wheel", "folder"])
def test_installation_without_a_network(wheel, tmp_path, source):
    place = virtual_environment(tmp_path / "venv", wheel if source == "wheel" else PACKAGE)
    for level in eq.library_info().available:
        done = run(
            str(place / "bin" / "python"), "-c", INSTALLED, cwd=tmp_path, PYTHONPATH=None, EQUIPOISE_ISA=level, EQUIPOISE_LIBRARY=None
        )
        assert done.stdout.split() == [level, "True"], done.stderr
    done = run(str(place / "bin" / "equipoise"), "info", cwd=tmp_path, PYTHONPATH=None, EQUIPOISE_LIBRARY=None)
    assert done.returncode == 0 and str(place) in done.stdout


# What trainers need of it; the names of recipes are for those to choose.
TRAINERS = (
    "trainer_inputs bad_input solve sample path divergence partial topk distributed torch_loss weights rewards layouts dtypes statuses out"
    " recipe*"
).split()


def test_the_wheel_serves_trainers(wheel, tmp_path):
    """Their tests, examples among them, from a place that the checkout's package cannot be imported from."""
    place = virtual_environment(tmp_path / "venv", wheel)
    here = Path(__file__).parent
    files = [str(path) for name in TRAINERS for path in here.glob(f"test_{name}.py")]
    assert len(files) >= len(TRAINERS)
    done = run(
        *(str(place / "bin" / "python"), "-m", "pytest", "-q", "-o", f"pythonpath={here} {here.parent / 'Vectors'}", *files),
        cwd=tmp_path,
        PYTHONPATH=None,
        EQUIPOISE_LIBRARY=None,
        EQUIPOISE_TEST_INSTALLED="1",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 400 and not (tmp_path / "equipoise").exists()


def test_examples_in_docstrings():
    assert doctest.testmod(eq).failed == 0


def test_everything_public_says_what_it_does():
    for name in eq.__all__:
        thing = getattr(eq, name)
        if callable(thing):
            assert inspect.getdoc(thing), name
    for function in (eq.solve, eq.kl, eq.optimal_sampling_distribution):
        text = inspect.getdoc(function)
        for part in (*inspect.signature(function).parameters, "Parameters", "Returns", "Raises", "NaN", "hread"):
            assert part in text, (function, part)


@pytest.mark.parametrize(
    "source", [*SOURCES, PACKAGE / "build_backend.py", *sorted(Path(__file__).parent.glob("*.py"))], ids=lambda path: path.name
)
def test_style(source):
    text = source.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is for"
    assert max(map(len, text.splitlines())) <= 140 and "\t" not in text and text.endswith("\n")
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__"
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | set(re.findall(r'"(\w+)"', text))
    assert imported <= used, imported - used
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and source.parent.name == "equipoise":
            body = node.end_lineno - node.body[0].end_lineno
            assert body <= 45 and (node.name.startswith("_") or ast.get_docstring(node)), node.name


def test_nothing_is_left_behind_in_the_tree(wheel):
    assert not (PACKAGE / "build").exists() and not list(PACKAGE.glob("*.egg-info")) and os.path.exists(wheel)
