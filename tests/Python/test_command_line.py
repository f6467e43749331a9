"""python -m equipoise."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
from equipoise import _jobs
from equipoise.__main__ import main
from support import environment, pair, same_bits


@pytest.fixture
def files(tmp_path, monkeypatch):
    """policy.npy and target.npy, [3, 40, 500], in the current folder."""
    monkeypatch.chdir(tmp_path)
    theta, target = pair(3, 40, 500)
    np.save("policy.npy", theta)
    np.save("target.npy", target.astype(np.float16))
    return theta, target.astype(np.float16)


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "equipoise", *arguments], env=environment(), capture_output=True, text=True, timeout=120, **options
    )


def test_solve_writes_what_solve_gives(files, capsys):
    assert main(["solve", "policy.npy", "target.npy", "--output", "q.npy", "--alpha", "alpha.npy"]) == 0
    expected = eq.solve(*files, outputs="all")
    assert same_bits(np.load("q.npy"), expected.q) and same_bits(np.load("alpha.npy"), expected.alpha)
    heading, rule, row = capsys.readouterr().out.strip().split("\n")
    assert heading.split()[0] == "policy" and set(rule) == {"-", " "} and "120 ok" in row
    assert f"{np.median(expected.alpha):.6f}" in row and sorted(os.listdir()) == ["alpha.npy", "policy.npy", "q.npy", "target.npy"]


def test_as_a_process(files):
    done = run("solve", "policy.npy", "target.npy", "--output", "q.npy")
    assert done.returncode == 0 and done.stderr == "" and "120 ok" in done.stdout
    assert same_bits(np.load("q.npy"), eq.solve(*files).q)


def test_chunks_make_no_difference(files, monkeypatch):
    monkeypatch.setattr(_jobs, "_CHUNK_BYTES", 30_000)
    assert main(["solve", "policy.npy", "target.npy", "--output", "q.npy", "--alpha", "alpha.npy"]) == 0
    expected = eq.solve(*files, outputs="all")
    assert same_bits(np.load("q.npy"), expected.q) and same_bits(np.load("alpha.npy"), expected.alpha)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype(files, dtype):
    assert main(["solve", "policy.npy", "target.npy", "--output", "q.npy", "--dtype", dtype]) == 0
    assert np.load("q.npy").dtype == dtype


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--temperature", "2"], {"temperature": 2.0}),
        (["--temperature", "0.7,1"], {"temperature": (0.7, 1.0)}),
        (["--valid-columns", "300"], {"valid_columns": 300}),
        (
            ["--method", "bisection", "--tolerance", "1e-3", "--max-iterations", "7"],
            {"method": "bisection", "tolerance": 1e-3, "max_iterations": 7},
        ),
        (["--fixed-alpha", "0.25"], {"criterion": "fixed_alpha", "alpha": 0.25}),
        (["--threads", "1"], {"threads": 1}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_reach_solve(files, arguments, options):
    assert main(["solve", "policy.npy", "target.npy", "--output", "q.npy", "--alpha", "alpha.npy", *arguments]) == 0
    expected = eq.solve(*files, outputs="all", **options)
    assert same_bits(np.load("alpha.npy"), expected.alpha) and same_bits(np.load("q.npy"), expected.q)


def test_probabilities(files):
    for name, x in zip(("policy", "target"), files):
        weights = np.exp(x.astype(np.float64))
        np.save(f"{name}_probs.npy", weights / weights.sum(-1, keepdims=True))
    assert main(["solve", "policy_probs.npy", "target_probs.npy", "--scores", "probs", "--alpha", "alpha.npy"]) == 0
    np.testing.assert_allclose(np.load("alpha.npy"), eq.solve(*(x.astype(np.float64) for x in files)).alpha, atol=1e-9)


def test_bfloat16_files(files):
    for name, x in zip(("policy", "target"), files):
        np.save(f"{name}_b.npy", (x.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view("V2"))
    widened = [((x.astype(np.float32).view(np.uint32) >> 16) << 16).view(np.float32) for x in files]
    assert main(["solve", "policy_b.npy", "target_b.npy", "--alpha", "alpha.npy"]) == 0
    assert same_bits(np.load("alpha.npy"), eq.solve(*widened, outputs="all").alpha)


@pytest.mark.parametrize("shape", [(7,), (2, 9), (0, 9), (3, 0, 9)])
def test_shapes(tmp_path, monkeypatch, shape):
    monkeypatch.chdir(tmp_path)
    for name, x in zip(("p.npy", "t.npy"), pair(*shape)):
        np.save(name, x)
    assert main(["solve", "p.npy", "t.npy", "--output", "q.npy", "--alpha", "a.npy"]) == 0
    assert np.load("q.npy").shape == shape and np.load("a.npy").shape == shape[:-1]


def test_report_is_a_table_of_pairs(files, capsys):
    bad = files[0].copy()
    bad[0, 0, 0], bad[1, 2] = np.nan, -np.inf
    np.save("bad.npy", bad)
    np.save("hopeless.npy", np.full((3, 40, 500), np.nan))
    assert main(["report", "policy.npy", "target.npy", "bad.npy", "target.npy", "hopeless.npy", "target.npy"]) == 0
    lines = capsys.readouterr().out.strip().split("\n")
    assert len(lines) == 5 and "118 ok, 2 invalid" in lines[3] and "120 invalid" in lines[4]
    assert main(["report", "policy.npy", "target.npy", "--strict"]) == 0
    assert main(["report", "bad.npy", "target.npy", "--strict"]) == 3
    assert main(["report", "policy.npy", "target.npy", "bad.npy"]) == 1


def test_info(capsys):
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert eq.library_info().path in text and eq.library_info().isa in text


def test_progress_only_where_it_is_wanted(files, capsys):
    main(["solve", "policy.npy", "target.npy", "--alpha", "alpha.npy", "--progress"])
    err = capsys.readouterr().err
    assert "120/120 rows" in err and err.startswith("\rpolicy.npy [") and err.endswith("\r")
    main(["solve", "policy.npy", "target.npy", "--alpha", "alpha.npy", "--no-progress"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["solve", "policy.npy", "absent.npy", "--output", "q.npy"], "absent.npy: No such file or directory"),
        (["solve", "policy.npy", "text.npy", "--output", "q.npy"], "text.npy: not a .npy file"),
        (["solve", "policy.npy", "empty.npy", "--output", "q.npy"], "empty.npy: not a .npy file"),
        (["solve", "policy.npy", "pickle.npy", "--output", "q.npy"], "pickle.npy: not a .npy file"),
        (["solve", "policy.npy", "several.npz", "--output", "q.npy"], "several.npz: an archive"),
        (["solve", "policy.npy", "fortran.npy", "--output", "q.npy"], "fortran.npy: stored in Fortran order"),
        (["solve", "policy.npy", "number.npy", "--output", "q.npy"], "number.npy: a single number"),
        (["solve", "policy.npy", "integers.npy", "--output", "q.npy"], "integers.npy: elements of type int64"),
        (["solve", "policy.npy", "narrow.npy", "--output", "q.npy"], r"policy.npy has shape \(3, 40, 500\) and narrow.npy \(3, 40, 400\)"),
        (["solve", "policy.npy", "short.npy", "--output", "q.npy"], "the leading shapes must agree"),
        (["solve", "policy.npy", "target.npy", "--output", "nowhere/q.npy"], "nowhere/q.npy: No such file or directory"),
        (["solve", "policy.npy", "target.npy", "--alpha", "nowhere/a.npy"], "nowhere/a.npy: No such file or directory"),
        (["solve", "policy.npy", "target.npy", "--output", "./policy.npy"], "./policy.npy: is also an input"),
        (["solve", "policy.npy", "target.npy", "--alpha", "target.npy"], "target.npy: is also an input"),
        (["solve", "policy.npy", "target.npy"], "nothing to write"),
        (["solve", "policy.npy", "target.npy", "--output", "q.npy", "--temperature", "0"], "temperature=0.0: must be finite"),
        (["solve", "policy.npy", "target.npy", "--output", "q.npy", "--valid-columns", "501"], "valid_columns=501 is more"),
        (["report", "policy.npy"], "1 files: give pairs"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_line(files, capsys, arguments, text):
    theta, _ = files
    Path("empty.npy").touch()
    Path("text.npy").write_text("no array")
    np.save("pickle.npy", np.array([{}], object))
    np.savez("several.npz", theta)
    np.save("fortran.npy", np.asfortranarray(theta))
    np.save("number.npy", np.float32(1))
    np.save("integers.npy", theta.astype(int))
    np.save("narrow.npy", theta[..., :400])
    np.save("short.npy", theta[:, :39])
    before = sorted(os.listdir())
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == "" and re.match(f"equipoise: .*{text}", err) and err.count("\n") == 1
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["solve", "one.npy"], ["solve", "a", "b", "--temperature", "1,2,3"], ["solve", "a", "b", "--temperature", "x"]],
)
def test_wrong_command_lines_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage" in capsys.readouterr().err


def test_help_and_version(capsys):
    for arguments, text in [(["--help"], "solve"), (["solve", "--help"], "--valid-columns"), (["--version"], eq.__version__)]:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0 and text in capsys.readouterr().out


def test_ctrl_c_leaves_no_file_and_no_traceback(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "p.npy", "w+", np.float32, (3000, 20000))
    x[:] = np.random.default_rng(0).normal(size=20000)
    command = [sys.executable, "-m", "equipoise", "solve", "p.npy", "p.npy", "--output", "q.npy", "--method", "bisection", "--progress"]
    command += ["--temperature", "1,2", "--threads", "1", "--tolerance", "1e-12"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "q.npy.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130 and err.endswith("interrupted: no file was written\n") and "Traceback" not in err
    assert os.listdir(tmp_path) == ["p.npy"]


def test_a_reader_that_goes_away(files):
    process = subprocess.Popen(
        [sys.executable, "-m", "equipoise", "info"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) in (0, 1)


def test_files_larger_than_the_memory_that_is_allowed(tmp_path):
    """Address space is what maps need; resident memory of our own is what is limited here."""
    rows, columns = 3000, 20000
    x = np.lib.format.open_memmap(tmp_path / "p.npy", "w+", np.float32, (rows, columns))
    x[:] = np.random.default_rng(0).normal(size=columns)
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (160 << 20, 160 << 20))
from equipoise.__main__ import main
sys.exit(main(['solve', 'p.npy', 'p.npy', '--temperature', '1,2', '--output', 'q.npy', '--dtype', 'float16']))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    q = np.load(tmp_path / "q.npy", mmap_mode="r")
    assert q.shape == (rows, columns) and abs(float(q[-1].sum(dtype=np.float64)) - 1) < 1e-2 and same_bits(q[0], q[-1])
