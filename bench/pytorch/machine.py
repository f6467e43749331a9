"""What ran, and where: for the results' heading and their file's name."""

from __future__ import annotations

import datetime
import os
import platform
import re
from typing import Any

import equipoise as eq
import numpy
import torch


def about() -> dict[str, Any]:
    """Processor, instruction set, versions, date."""
    info = eq.library_info()
    return {
        "cpu": _cpu("model name") or platform.machine(),
        "cpu_family_model": f"{_cpu('cpu family')} {_cpu('model')}",
        "cores": len(os.sched_getaffinity(0)),
        "isa": info.isa,
        "levels": list(info.available),
        "equipoise": info.version,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": str(torch.__version__),
        "torch_capability": _torch_capability(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


def label(machine: dict[str, Any]) -> str:
    """The processor and the date as a file name."""
    return re.sub("[^a-z0-9]+", "-", str(machine["cpu"]).lower()).strip("-") + f"-{machine['date']}"


def _cpu(field: str) -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == field:
                    return value.strip()
    except OSError:
        pass
    return ""


def _torch_capability() -> str:
    """The instruction set that PyTorch chose, where it tells."""
    ask = getattr(getattr(torch.backends, "cpu", None), "get_cpu_capability", None)
    if ask is not None:
        return str(ask())
    show: Any = torch.__config__.show
    found = re.search(r"CPU capability usage: (\S+)", show())
    return found.group(1) if found else "unknown"
