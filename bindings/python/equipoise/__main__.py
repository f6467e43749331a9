"""``python -m equipoise``: solves files of scores, reports on them, and tells what runs.

Exit codes: 0 done; 1 a file or an option cannot be used, or the library failed; 2 the command line is wrong; 3 with ``--strict``, some
rows have no answer; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Sequence

import numpy as np

from . import __version__, library_info
from ._errors import Error
from ._files import FileError
from ._jobs import HEADING, Job
from ._plan import METHODS, SCORES
from ._terminal import table

DONE, FAILED, UNANSWERED, INTERRUPTED = 0, 1, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.command(options))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted: no file was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (FileError, Error, ValueError, TypeError, MemoryError, OSError) as error:
        print(f"equipoise: {error or type(error).__name__}", file=sys.stderr)
        return FAILED


def _solve(options: argparse.Namespace) -> int:
    if options.output is None and options.alpha is None:
        raise FileError("nothing to write: give --output for q, --alpha for alpha, or both")
    job = Job(options.policy, options.target, _solve_options(options), _shows_progress(options))
    job.run(options.output, options.alpha, options.dtype)
    print(table([HEADING, job.summary()]))
    return UNANSWERED if options.strict and job.failures() else DONE


def _report(options: argparse.Namespace) -> int:
    if len(options.files) % 2:
        raise FileError(f"{len(options.files)} files: give pairs of policy and target")
    rows, failures = [HEADING], 0
    for policy, target in zip(options.files[::2], options.files[1::2]):
        job = Job(policy, target, _solve_options(options), _shows_progress(options))
        job.run()
        rows.append(job.summary())
        failures += job.failures()
    print(table(rows))
    return UNANSWERED if options.strict and failures else DONE


def _info(options: argparse.Namespace) -> int:
    info = library_info()
    rows = [
        ["equipoise", __version__],
        ["library", f"{info.version}, ABI {info.abi_version}"],
        ["instruction set", info.isa],
        ["loaded from", info.path],
        ["this CPU runs", ", ".join(info.cpu_levels)],
        ["carried here", ", ".join(info.available)],
        ["python, numpy", f"{sys.version.split()[0]}, {np.__version__}"],
    ]
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name.ljust(width)}  {value}" for name, value in rows))
    return DONE


def _solve_options(options: argparse.Namespace) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "scores": options.scores,
        "method": options.method,
        "tolerance": options.tolerance,
        "max_iterations": options.max_iterations,
        "temperature": options.temperature,
        "valid_columns": options.valid_columns,
        "threads": options.threads,
    }
    if options.fixed_alpha is not None:
        chosen.update(criterion="fixed_alpha", alpha=options.fixed_alpha)
    return chosen


def _shows_progress(options: argparse.Namespace) -> bool:
    return sys.stderr.isatty() if options.progress is None else bool(options.progress)


def _temperature(text: str) -> float | tuple[float, float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise argparse.ArgumentTypeError(f"{text!r}: give T, or the policy's and the target's as T,T")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m equipoise", description="The sampling distribution between two policies, per row of scores."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    solve = commands.add_parser("solve", help="write q and alpha for two .npy files [..., vocabulary]", parents=[_common()])
    solve.add_argument("policy", help="scores of the policy, .npy")
    solve.add_argument("target", help="scores of the target, .npy")
    solve.add_argument("--output", metavar="Q.npy", help="where q goes: the policy's shape")
    solve.add_argument("--alpha", metavar="ALPHA.npy", help="where alpha goes: the leading shape, float64")
    solve.add_argument("--dtype", choices=("float16", "float32", "float64"), help="type of q (the policy's, float32 for half precision)")
    solve.set_defaults(command=_solve)
    report = commands.add_parser("report", help="a table of alpha, KLs, ESSs and statuses per pair of files", parents=[_common()])
    report.add_argument("files", nargs="+", metavar="policy target", help="pairs of .npy files")
    report.set_defaults(command=_report)
    info = commands.add_parser("info", help="the library that runs, and what this CPU could run")
    info.set_defaults(command=_info)
    return parser


def _common() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--scores", choices=tuple(SCORES), default="logits", help="what the files hold (default: logits)")
    parser.add_argument("--method", choices=tuple(METHODS), default="newton")
    parser.add_argument("--tolerance", type=float, default=1e-6, metavar="T")
    parser.add_argument("--max-iterations", type=int, default=50, metavar="N")
    parser.add_argument("--fixed-alpha", type=float, metavar="A", help="this alpha for every row instead of the KL-symmetric one")
    parser.add_argument("--temperature", type=_temperature, default=1.0, metavar="T[,T]", help="of both, or policy's,target's (default: 1)")
    parser.add_argument("--valid-columns", type=int, metavar="N", help="the leading columns that are real")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0 = as many as pay (default)")
    parser.add_argument("--strict", action="store_true", help="exit with 3 where a row has no answer")
    parser.add_argument("--progress", action=argparse.BooleanOptionalAction, help="progress on stderr (default: on a terminal)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
