"""What ran: processor, instruction set, versions."""

from __future__ import annotations

import importlib
import os
import platform
import sys

import equipoise as eq


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def processor() -> str:
    """The processor's name, as the kernel tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def version_of(module: str) -> str | None:
    """The version of a module that can be imported; None where it cannot."""
    try:
        return str(importlib.import_module(module).__version__)
    except ImportError:
        return None


def description() -> list[str]:
    """Two lines: the machine, and what runs on it."""
    info = eq.library_info()
    count = cores()
    versions = {name: version_of(name) for name in ("numpy", "torch", "matplotlib")}
    found = [f"{name} {version}" for name, version in versions.items() if version]
    return [
        f"{processor()}, {count} core{'s' if count != 1 else ''}; instruction set {info.isa}",
        ", ".join([f"Equipoise {info.version}", f"Python {sys.version.split()[0]}", *found]),
    ]
