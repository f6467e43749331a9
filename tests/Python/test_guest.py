"""The library as a guest in a Python process: faulthandler, Ctrl-C, fork, little address space, torch and numpy in either order."""

import signal
import subprocess
import sys
import textwrap

import pytest
from support import environment, python

SOLVE = """
import numpy as np
import equipoise as eq
rng = np.random.default_rng(1)
rows = rng.normal(size=(2, 32, 4096)).astype(np.float32)

def solved():
    solution = eq.solve(rows[0], rows[1], outputs=("alpha", "q"))
    assert (solution.status == 0).all(), solution.status
    return solution.q.tobytes()
"""


def run(*parts: str) -> subprocess.CompletedProcess:
    """A Python process of its own that runs the parts one after the other."""
    return python("\n".join(textwrap.dedent(part) for part in parts))


def assert_clean(process: subprocess.CompletedProcess) -> None:
    assert process.returncode == 0, process.stderr


CRASH = "import ctypes; ctypes.string_at(0)"


@pytest.mark.parametrize(
    "parts",
    [
        ("import faulthandler; faulthandler.enable()", SOLVE, "solved()", CRASH),
        (SOLVE, "solved()", "import faulthandler; faulthandler.enable()", CRASH),
        ("import faulthandler; faulthandler.enable()", SOLVE, "solved()", "faulthandler.disable(); faulthandler.enable()", CRASH),
    ],
    ids=["before", "after", "again"],
)
def test_faulthandler_reports_a_crash(parts):
    process = run(*parts)
    assert process.returncode == -signal.SIGSEGV, process.stderr
    assert "Fatal Python error: Segmentation fault" in process.stderr
    assert "string_at" in process.stderr


def test_a_crash_without_faulthandler_is_a_plain_crash():
    process = run(SOLVE, "solved()", CRASH)
    assert process.returncode == -signal.SIGSEGV
    assert process.stderr == ""


def test_ctrl_c_still_interrupts_python():
    process = run(
        SOLVE,
        """
        import os, signal
        solved()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        try:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                solved()
        except KeyboardInterrupt:
            solved()
            print("interrupted")
        """,
    )
    assert_clean(process)
    assert process.stdout == "interrupted\n"


@pytest.mark.parametrize("workers", ["fork", "spawn"])
def test_worker_processes_give_the_same_bits(workers, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        SOLVE
        + textwrap.dedent(
            f"""
            import multiprocessing

            def in_child(_):
                return solved()

            if __name__ == "__main__":
                expected = solved()
                with multiprocessing.get_context("{workers}").Pool(2) as pool:
                    assert all(bits == expected for bits in pool.map(in_child, range(6)))
                assert solved() == expected
            """
        )
    )
    process = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120, env=environment())
    assert_clean(process)


def test_two_gib_of_address_space_are_enough():
    assert_clean(run("import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))", SOLVE, "solved()"))


def test_first_calls_from_many_threads_at_once():
    process = run(
        SOLVE,
        """
        import threading
        results, start = [], threading.Barrier(8)

        def first_call():
            start.wait()
            results.append(solved())

        threads = [threading.Thread(target=first_call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 8 and len(set(results)) == 1
        """,
    )
    assert_clean(process)


TORCH = """
import torch
logits = torch.randn(64, 4096, generator=torch.Generator().manual_seed(2))
def softmaxed():
    return torch.log_softmax(logits, -1).sum().item()
"""


@pytest.mark.once
@pytest.mark.parametrize(
    "parts",
    [
        (TORCH, "softmaxed()", SOLVE, "first = solved(); softmaxed(); assert solved() == first"),
        (SOLVE, "first = solved()", TORCH, "softmaxed(); assert solved() == first"),
        (SOLVE, TORCH, "first = solved(); softmaxed(); assert solved() == first"),
    ],
    ids=["torch first", "torch last", "torch between"],
)
def test_torch_beside_it_in_any_order(parts):
    pytest.importorskip("torch")
    assert_clean(run(*parts))
