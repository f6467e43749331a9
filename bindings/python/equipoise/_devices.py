"""The devices of OpenCL and CUDA: which there are, and how a call of ``solve`` gets to one."""

from __future__ import annotations

import threading
from ctypes import byref, c_int32, c_size_t, c_void_p, cast, sizeof
from typing import Any, NamedTuple, Protocol

from . import _abi
from ._arrays import Kind
from ._loader import library
from ._plan import BACKENDS, Plan, RowOptions
from ._rows import Rows

CUDA = BACKENDS["cuda"]
_POINTERS: dict[str, Any] = dict(_abi.SolveOptions._fields_)


class Device(NamedTuple):
    """What a driver says about a device."""

    name: str
    """What ``device=`` takes: ``"cuda:0"``, ``"opencl:1"``."""
    model: str
    """The device in its driver's words."""
    driver: str
    """The driver's name and version."""
    memory: int
    """Bytes."""
    units: int
    """Multiprocessors or compute units."""
    solves: bool
    """Whether it can solve: that takes float64."""


def devices() -> tuple[Device, ...]:
    """The devices of CUDA, then those of OpenCL, that ``solve(device=...)`` could use; () where no driver is installed.

    ``equipoise.Error`` when a driver fails. Thread safe.
    """
    return tuple(_described(name, index) for name in ("cuda", "opencl") for index in range(_count(BACKENDS[name])))


def _count(backend: int) -> int:
    count = c_int32()
    library.check(library.eqp_device_count(backend, byref(count)))
    return count.value


def _described(backend: str, index: int) -> Device:
    known = _abi.DeviceProperties(struct_size=sizeof(_abi.DeviceProperties))
    library.check(library.eqp_device_info(BACKENDS[backend], index, byref(known)))
    model, driver = known.name.decode(errors="replace"), known.driver.decode(errors="replace")
    return Device(f"{backend}:{index}", model, driver, known.memory, known.units, bool(known.has_f64))


# (backend, index): the open device. Opened at its first use and kept: handing a driver the kernels takes a while.
_open: dict[tuple[int, int], int] = {}
_opening = threading.Lock()


def opened(backend: int, index: int) -> int:
    """The library's handle of a device."""
    handle = _open.get((backend, index))
    if handle is None:
        with _opening:
            handle = _open.get((backend, index))
            if handle is None:
                made = c_void_p()
                library.check(library.eqp_device_open(backend, index, None, byref(made)))
                handle = _open[backend, index] = made.value or 0
    return handle


class Place(Protocol):
    """Where a call of ``solve`` runs, other than on the CPU."""

    @property
    def kind(self) -> Kind | None:
        """How its arrays are read and made, where not as the inputs' kind says."""

    def row_options(self, plan: Plan, mask: Any, temperature: Any, shape: tuple[int, ...], parameters: Any) -> Any:
        """The options of a call with arrays, one entry per row."""

    def submit(self, theta: Any, target: Any, options: Any, solution: Any) -> int:
        """The call itself; the library's status."""


class FromHost:
    """A device that works on arrays in host memory: chunks travel there and back."""

    kind: Kind | None = None

    def __init__(self, backend: int, index: int) -> None:
        self.handle = opened(backend, index)

    def row_options(self, plan: Plan, mask: Any, temperature: Any, shape: tuple[int, ...], parameters: Any) -> Any:
        return RowOptions(plan, mask, temperature, shape, parameters)

    def submit(self, theta: Any, target: Any, options: Any, solution: Any) -> int:
        return library.eqp_device_solve_host(self.handle, theta, target, options, solution)


class DeviceKind(Kind, Protocol):
    """Arrays in the memory of one CUDA device."""

    index: int

    def stream(self) -> int:
        """The CUstream that the caller works on."""

    def scratch(self, size: int, stream: int) -> tuple[Any, int]:
        """Memory for one call on a stream: an owner, which may go as soon as the call is enqueued, and the address."""

    def mask(self, value: Any, shape: tuple[int, ...]) -> Rows:
        """A mask of rows: one byte each."""

    def numbers(self, name: str, value: Any, shape: tuple[int, ...]) -> Rows:
        """A parameter: one float64 for each row."""


class InPlace:
    """A CUDA device that works on arrays in its own memory, on the caller's stream, and is not waited for."""

    def __init__(self, kind: DeviceKind) -> None:
        self.kind: Kind | None = kind
        self.device_kind = kind
        self.handle = opened(CUDA, kind.index)

    def row_options(self, plan: Plan, mask: Any, temperature: Any, shape: tuple[int, ...], parameters: Any) -> Any:
        return DeviceRowOptions(self.device_kind, plan, mask, temperature, shape, parameters)

    def submit(self, theta: Any, target: Any, options: Any, solution: Any) -> int:
        size = c_size_t()
        status = library.eqp_device_workspace_size(self.handle, theta, target, options, solution, byref(size))
        if status:
            return status
        stream = self.device_kind.stream()
        owner, address = self.device_kind.scratch(size.value, stream)
        status = library.eqp_device_solve(self.handle, theta, target, options, solution, address, size, stream)
        del owner
        return status


class DeviceRowOptions(RowOptions):
    """Options whose arrays lie on the device. Their numbers are checked there: a row whose own is out of range is invalid."""

    def __init__(self, kind: DeviceKind, plan: Plan, mask: Any, temperature: Any, shape: tuple[int, ...], parameters: Any) -> None:
        self.device_kind = kind
        self.batches: dict[str, tuple[str, Rows]] = {}
        super().__init__(plan, None, temperature, shape, parameters)
        if mask is not None:
            self.batches["row_mask"] = "mask", kind.mask(mask, shape)

    def _take_array(self, name: str, member: str, value: Any, shape: tuple[int, ...]) -> None:
        self.batches["row_" + member] = name, self.device_kind.numbers(name, value, shape)

    def seek(self, row: int) -> Any:
        for member, (_, batch) in self.batches.items():
            setattr(self.options, member, cast(batch.address, _POINTERS[member]))
        return self.pointer

    def inputs(self) -> list[tuple[str, Rows]]:
        return list(self.batches.values())


def place_of(plan: Plan, kind: Kind, theta: Any, target: Any) -> Place | None:
    """Where the call runs; None on the CPU. Device memory is never left, and host memory only where ``device=`` says so."""
    home = kind.home(theta) if kind.travels else None
    other = kind.home(target) if kind.travels else None
    if home != other:
        raise ValueError(f"theta is on {_home(home)} and target on {_home(other)}: bring them to one")
    device = plan.device
    if home is None:
        return None if isinstance(device, str) else FromHost(device[0], device[1] or 0)
    if device != "auto" and (isinstance(device, str) or device[0] != CUDA or device[1] not in (None, home)):
        raise ValueError(f"theta is on {_home(home)}, where it is solved in place: say device='auto', or bring it to the host")
    return InPlace(kind.there(home))


def _home(index: int | None) -> str:
    return "the host" if index is None else f"cuda:{index}"
