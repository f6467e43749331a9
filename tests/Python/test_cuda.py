"""The CUDA path from Python to the PTX, on the stand-in driver: arrays in its memory, the caller's stream, nothing waited for."""

from __future__ import annotations

import ctypes
import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Iterator

import equipoise as eq
import numpy as np
import pytest
import torch
from standin import DeviceArray, Standin, load
from support import pair, prints

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
ALPHA, Q = 1e-6, 2e-6
FIELDS = ("alpha", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual")


@pytest.fixture
def standin() -> Iterator[Standin]:
    driver = load()
    driver.fault("")
    yield driver
    driver.fault("")
    driver.order("forward")
    driver.noop(False)
    assert driver.take_misuses() == (0, "")


def real_rows() -> tuple[np.ndarray, np.ndarray]:
    theta, target = (np.load(ROOT / "demo" / "data" / name).astype(np.float32) for name in ("theta.npy", "target.npy"))
    return theta, target


def check(standin: Standin, found: Any, expected: Any, q: float = Q) -> None:
    """A solution in device memory beside the CPU's."""
    assert np.array_equal(standin.host(found.status), expected.status)
    assert np.nanmax(abs(standin.host(found.alpha) - expected.alpha), initial=0) <= ALPHA
    if hasattr(found, "q"):
        assert np.nanmax(abs(standin.host(found.q).astype(np.float64) - expected.q), initial=0) <= q


def test_devices_are_listed(standin: Standin) -> None:
    device = eq.devices()[0]
    assert (device.name, device.model, device.driver, device.units, device.solves) == ("cuda:0", "Stand-in device 0", "CUDA 12.4", 4, True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_host_arrays_travel_when_told(standin: Standin, dtype: Any) -> None:
    theta, target = pair(2, 3, 1003, dtype=dtype)
    found, expected = eq.solve(theta, target, outputs="all", device="cuda:0"), eq.solve(theta, target, outputs="all")
    assert type(found.q) is np.ndarray and found.q.shape == theta.shape and found.q.dtype == expected.q.dtype
    assert np.array_equal(found.status, expected.status)
    for name in FIELDS:
        assert abs(getattr(found, name) - getattr(expected, name)).max() <= 2 * ALPHA, name
    assert abs(found.q - expected.q).max() <= Q


def test_host_arrays_stay_unless_told(standin: Standin) -> None:
    standin.reset_counts()
    theta, target = pair(2, 100)
    eq.solve(theta, target)
    eq.solve(torch.from_numpy(theta), torch.from_numpy(target))
    assert standin.counts().launches == 0


@pytest.mark.parametrize("order", ["forward", "reverse", "random:5"])
@pytest.mark.parametrize("sigma", [0.01, 1.0, 4.0, 12.0])
def test_in_place(standin: Standin, order: str, sigma: float) -> None:
    standin.order(order)
    theta, target = pair(3, 2053, sigma=sigma)
    expected = eq.solve(theta, target, outputs="all")
    found = eq.solve(standin.array(theta), standin.array(target), outputs="all")
    check(standin, found, expected)
    for name in FIELDS[1:4]:
        assert abs(standin.host(getattr(found, name)) - getattr(expected, name)).max() <= 1e-6 * (1 + sigma**2), name


def test_real_rows(standin: Standin) -> None:
    theta, target = real_rows()
    expected = eq.solve(theta, target)
    check(standin, eq.solve(standin.array(theta), standin.array(target)), expected)


def test_bits_do_not_depend_on_the_batch_or_the_order(standin: Standin) -> None:
    theta, target = pair(5, 40000)
    whole = eq.solve(standin.array(theta), standin.array(target))
    q, alpha = standin.host(whole.q), standin.host(whole.alpha)
    standin.order("random:11")
    for rows in (slice(2, 3), slice(0, 5)):
        part = eq.solve(standin.array(theta[rows]), standin.array(target[rows]))
        assert standin.host(part.q).tobytes() == q[rows].tobytes() and standin.host(part.alpha).tobytes() == alpha[rows].tobytes()


def test_bad_rows_are_theirs_alone(standin: Standin) -> None:
    theta, target = pair(6, 500)
    theta[0, 3], theta[1, :], target[2, 7], theta[4, :250], target[4, 250:] = np.nan, -np.inf, np.inf, -np.inf, -np.inf
    target[5] = theta[5]
    expected = eq.solve(theta, target, outputs="all")
    found = eq.solve(standin.array(theta), standin.array(target), outputs="all")
    check(standin, found, expected)
    assert np.array_equal(np.isnan(standin.host(found.q)), np.isnan(expected.q))


def test_bfloat16_in_and_out(standin: Standin) -> None:
    theta, target = (torch.from_numpy(scores).bfloat16() for scores in pair(4, 1000))
    expected = eq.solve(theta.float().numpy(), target.float().numpy())
    a, b = (standin.array(t.view(torch.int16).numpy().view(np.uint16), "bfloat16") for t in (theta, target))
    q = standin.array(np.zeros((4, 1000), np.uint16), "bfloat16")
    found = eq.solve(a, b, out={"q": q})
    values = torch.from_numpy(q.numpy().view(np.int16)).view(torch.bfloat16).float().numpy()
    assert abs(standin.host(found.alpha) - expected.alpha).max() <= ALPHA
    assert abs(values - expected.q).max() <= 2**-8 * expected.q.max()


def test_parameters_per_row_lie_on_the_device(standin: Standin) -> None:
    theta, target = pair(4, 300)
    mask, temperature = np.array([True, False, True, True]), np.array([1.0, 1.0, 0.5, 2.0])
    expected = eq.solve(theta, target, mask=mask, temperature=temperature, valid_columns=290)
    a, b = standin.array(theta), standin.array(target)
    found = eq.solve(a, b, mask=standin.array(mask), temperature=standin.array(temperature), valid_columns=290)
    check(standin, found, expected)
    with pytest.raises(TypeError, match="mask is ndarray: give booleans or bytes on cuda:0"):
        eq.solve(a, b, mask=mask)
    with pytest.raises(ValueError, match=r"temperature has shape \(3,\)"):
        eq.solve(a, b, temperature=standin.array(temperature[:3]))


@pytest.mark.parametrize(("dtype", "loaded", "stored"), [(np.float32, 14.0, 6.0), (np.float64, 11.0, 9.0), (np.float16, 14.0, 2.0)])
def test_accesses_are_wide_wherever_a_row_begins(standin: Standin, dtype: Any, loaded: float, stored: float) -> None:
    # Rows of an odd width begin at every place within 16 bytes; alone, each begins at a multiple of them.
    theta, target = pair(8, 8195, dtype=dtype)
    q = standin.array(np.zeros_like(theta))
    rows = standin.array(theta), standin.array(target)
    standin.reset_counts()
    found = eq.solve(*rows, outputs=("alpha",), out={"q": q})
    standin.call("cuCtxSynchronize")
    counts = standin.counts()
    # Narrow are a row's first and last few elements and what the row's state takes; in f64 also the first and the last of eight, by words,
    # where a row begins between two pairs.
    assert counts.loaded_bytes / counts.loads >= loaded
    assert counts.stored_bytes / counts.stores >= stored
    expected = eq.solve(theta, target)
    assert abs(standin.host(found.alpha) - expected.alpha).max() <= ALPHA and abs(q.numpy() - expected.q).max() <= Q
    for row in range(8):
        alone = standin.array(np.zeros_like(theta[row : row + 1]))
        eq.solve(standin.array(theta[row : row + 1]), standin.array(target[row : row + 1]), outputs=(), out={"q": alone})
        assert alone.numpy().tobytes() == q.numpy()[row].tobytes()


CRITERIA: list[dict[str, Any]] = [
    {"criterion": "weighted_kl", "weights": (1.0, 4.0)},
    {"criterion": "weighted_kl", "weights": (300.0, 0.0)},
    {"criterion": "kl_budget", "budget": 0.05},
    {"criterion": "kl_budget", "budget": 0.0},
    {"criterion": "kl_budget", "budget": 40.0},
    {"criterion": "ess_balance"},
    {"criterion": "ess_floor", "floor": 0.4},
    {"criterion": "ess_floor", "floor": 1.0},
    {"criterion": "ess_floor", "floor": 1e-7},
]


@pytest.mark.parametrize("options", CRITERIA, ids=str)
@pytest.mark.parametrize("method", ["newton", "bisection"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_criteria(standin: Standin, options: dict[str, Any], method: str, dtype: Any) -> None:
    theta, target = pair(5, 700, sigma=1.5, dtype=dtype)
    target[1, ::9], theta[2, 3], target[3] = -np.inf, np.nan, theta[3]
    expected = eq.solve(theta, target, method=method, outputs="all", **options)
    found = eq.solve(standin.array(theta), standin.array(target), method=method, outputs="all", **options)
    check(standin, found, expected)
    for name in ("log_z", "kl_theta", "kl_target", "residual"):
        np.testing.assert_allclose(standin.host(getattr(found, name)), getattr(expected, name), rtol=0, atol=2e-6, err_msg=name)


def test_parameters_of_criteria_per_row_lie_on_the_device(standin: Standin) -> None:
    theta, target = pair(4, 300)
    a, b = standin.array(theta), standin.array(target)
    first, second = np.array([0.5, 1.0, 0.0, 3.0]), np.array([0.5, 0.0, 2.0, 1.0])
    for given, given_there in (
        ({"criterion": "weighted_kl", "weights": (first, second)}, {"weights": (standin.array(first), standin.array(second))}),
        ({"criterion": "weighted_kl", "weights": (first, 1.5)}, {"weights": (standin.array(first), 1.5)}),
        ({"criterion": "kl_budget", "budget": first}, {"budget": standin.array(first)}),
        ({"criterion": "ess_floor", "floor": (first + 1) / 4}, {"floor": standin.array((first + 1) / 4)}),
        ({"criterion": "fixed_alpha", "alpha": first / 3}, {"alpha": standin.array(first / 3)}),
    ):
        expected = eq.solve(theta, target, outputs="all", **given)
        check(standin, eq.solve(a, b, outputs="all", **{**given, **given_there}), expected)


def test_rows_with_bad_parameters_of_their_own_are_invalid(standin: Standin) -> None:
    theta, target = pair(4, 300)
    a, b = standin.array(theta), standin.array(target)
    bad = standin.array(np.array([0.1, -0.1, np.nan, np.inf]))
    zeros = standin.array(np.array([1.0, 0.0, -1.0, np.nan]))
    floors = standin.array(np.array([0.5, 0.0, 1.5, np.nan]))
    refused = (("kl_budget", "budget", bad), ("ess_floor", "floor", floors), ("weighted_kl", "weights", (zeros, 0.0)))
    for criterion, name, value in refused:
        options = {"criterion": criterion, name: value}
        found = eq.solve(a, b, outputs="all", **options)
        assert standin.host(found.status).tolist() == [eq.RowStatus.OK] + 3 * [eq.RowStatus.INVALID]
        assert np.isnan(standin.host(found.alpha)[1:]).all() and np.isnan(standin.host(found.q)[1:]).all()


def test_nothing_is_allocated_or_waited_for(standin: Standin) -> None:
    theta, target = pair(4, 1000)
    a, b = standin.array(theta), standin.array(target)
    alpha, q, status = np.full(4, -1.0), np.zeros_like(theta), np.zeros(4, np.int32)
    out = {"alpha": standin.array(alpha), "q": standin.array(q), "status": standin.array(status)}
    eq.solve(a, b, outputs=(), out=out)
    before = standin.live()
    standin.reset_counts()
    eq.solve(a, b, outputs=(), out=out)
    counts = standin.counts()
    assert counts.launches == 1 and counts.instructions == 0
    assert counts.allocations == counts.synchronisations == counts.copies == 0
    assert standin.live() == before
    assert abs(out["alpha"].numpy() - eq.solve(theta, target).alpha).max() <= ALPHA


def test_a_call_is_recorded_and_replayed(standin: Standin, cuda_tensors: Any) -> None:
    theta, target = pair(4, 1000)
    stream = standin.stream()
    cuda_tensors.stream = stream
    a, b, alpha = standin.array(theta), standin.array(target), standin.array(np.zeros(4))
    status = standin.array(np.zeros(4, np.int32))
    eq.solve(a, b, outputs=(), out={"alpha": alpha, "status": status})
    standin.synchronise(stream)
    graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
    standin.call("cuStreamBeginCapture_v2", ctypes.c_void_p(stream), 0)
    eq.solve(a, b, outputs=(), out={"alpha": alpha, "status": status})
    standin.call("cuStreamEndCapture", ctypes.c_void_p(stream), ctypes.byref(graph))
    standin.call("cuGraphInstantiateWithFlags", ctypes.byref(executable), graph, ctypes.c_uint64(0))
    a.write(target)
    b.write(theta)
    standin.call("cuGraphLaunch", executable, ctypes.c_void_p(stream))
    standin.synchronise(stream)
    assert abs(alpha.numpy() - eq.solve(target, theta).alpha).max() <= ALPHA
    standin.call("cuGraphExecDestroy", executable)
    standin.call("cuGraphDestroy", graph)


def test_results_are_lent_by_dlpack(standin: Standin) -> None:
    theta, target = pair(2, 100)
    solution = eq.solve(standin.array(theta), standin.array(target))
    q = solution.q
    assert q.__dlpack_device__() == (2, 0) and q.shape == (2, 100)
    before = standin.live()["device_blocks"]
    capsule = q.__dlpack__(stream=1)
    again = eq.solve(_Lender(q), _Lender(q))
    assert again.status.shape == (2,)
    del q, solution
    assert standin.live()["device_blocks"] > before - 3
    del capsule, again
    assert standin.live()["device_blocks"] < before


class _Lender:
    """A stranger's array around a device array."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)


def test_arguments(standin: Standin) -> None:
    theta, target = pair(2, 100)
    a, b = standin.array(theta), standin.array(target)
    for arguments, options, error, says in (
        ((a, _Lender(np.zeros(3))), {}, ValueError, "theta is on cuda:0 and target on the host"),
        ((a, b), {"device": "cpu"}, ValueError, "theta is on cuda:0, where it is solved in place"),
        ((a, b), {"device": "cuda:1"}, ValueError, "theta is on cuda:0, where it is solved in place"),
        ((a, b), {"out": {"alpha": np.zeros(2)}}, ValueError, "out\\['alpha'\\] is not on cuda:0"),
        ((a, b), {"out": {"q": a}}, ValueError, "out\\['q'\\].*overlap"),
        ((theta, target), {"device": "cuda:7"}, ValueError, "index is 7"),
    ):
        with pytest.raises(error, match=says):
            eq.solve(*arguments, **options)


@pytest.mark.parametrize(
    "fault, error, says",
    [
        ("no-memory", MemoryError, "out of memory \\(CUDA_ERROR_OUT_OF_MEMORY\\)"),
        ("launch", eq.Error, "too many resources requested for launch"),
        ("execution", eq.Error, "unspecified launch failure"),
    ],
)
def test_faults_have_the_drivers_text_and_leave_nothing(standin: Standin, fault: str, error: Any, says: str) -> None:
    theta, target = pair(2, 100)
    eq.solve(theta, target, device="cuda")
    before = standin.live()
    standin.fault(fault)
    with pytest.raises(error, match=says):
        eq.solve(theta, target, device="cuda")
    standin.fault("")
    assert standin.live() == before
    eq.solve(theta, target, device="cuda")


@pytest.mark.parametrize(
    "fault, says", [("no-device", "no CUDA-capable device is detected"), ("module", "a PTX JIT compilation failed")]
)
def test_faults_at_the_opening(standin: Standin, fault: str, says: str) -> None:
    program = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import ctypes, numpy as np, equipoise as eq
        from standin import PATH
        ctypes.CDLL(str(PATH), mode=ctypes.RTLD_GLOBAL)
        try:
            eq.solve(np.zeros((1, 4)), np.ones((1, 4)), device="cuda")
        except eq.Error as error:
            print(error.status, error)
        print([device.name for device in eq.devices() if device.name.startswith("cuda")])
    """
    printed = prints(textwrap.dedent(program), STANDIN_FAULT=fault)
    assert "EQP_DEVICE_ERROR" in printed and says in printed
    assert printed.splitlines()[-1] == ("[]" if fault == "no-device" else "['cuda:0']")


def test_without_a_driver(standin: Standin) -> None:
    program = """
        import numpy as np, equipoise as eq
        eq.solve(np.zeros((1, 4)), np.ones((1, 4)))
        assert not any(device.name.startswith("cuda") for device in eq.devices()), "this machine has a CUDA device"
        try:
            eq.solve(np.zeros((1, 4)), np.ones((1, 4)), device="cuda")
        except eq.Error as error:
            print(error)
        """
    printed = prints(textwrap.dedent(program))
    assert "there is no device of CUDA" in printed


# ---- torch: this machine's has no CUDA, so its tensors here are doubles that lie in the stand-in's memory ----


class CudaTensor(torch.Tensor):
    """A tensor whose shape, type and strides are a host tensor's and whose memory is the stand-in's."""

    block: DeviceArray

    @staticmethod
    def of(standin: Standin, host: torch.Tensor) -> CudaTensor:
        made: CudaTensor = torch.Tensor._make_subclass(CudaTensor, host)  # type: ignore[assignment]
        made.block = standin.array(host.contiguous().view(torch.uint8).numpy() if host.dim() else np.zeros(host.element_size(), np.uint8))
        return made

    is_cpu = property(lambda self: False)  # type: ignore[assignment]
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    device = property(lambda self: torch.device("cuda", 0))  # type: ignore[assignment]

    def data_ptr(self) -> int:
        return self.block.address

    def host(self) -> torch.Tensor:
        return torch.from_numpy(self.block.numpy()).view(self.dtype).reshape(self.shape)


class CudaTorch:
    """What the package asks of torch, answered from the stand-in's memory."""

    def __init__(self, standin: Standin) -> None:
        self.standin = standin
        self.stream = 0
        self.made: list[CudaTensor] = []

    def empty(self, *shape: Any, dtype: Any, device: Any) -> CudaTensor:
        extents = shape[0] if isinstance(shape[0], tuple) else shape
        self.made.append(CudaTensor.of(self.standin, self._empty(extents, dtype=dtype).fill_(1)))
        return self.made[-1]

    _empty = staticmethod(torch.empty)

    @property
    def cuda_stream(self) -> int:
        return self.stream


@pytest.fixture
def cuda_tensors(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> CudaTorch:
    double = CudaTorch(standin)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda index: double)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    return double


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_torch_tensors_on_the_callers_stream(
    standin: Standin, cuda_tensors: CudaTorch, monkeypatch: pytest.MonkeyPatch, dtype: Any
) -> None:
    theta, target = (torch.from_numpy(scores).to(dtype) for scores in pair(3, 1000))
    expected = eq.solve(theta, target)
    a, b = CudaTensor.of(standin, theta), CudaTensor.of(standin, target)
    cuda_tensors.stream = standin.stream()
    monkeypatch.setattr(torch, "empty", cuda_tensors.empty)
    found = eq.solve(a, b)
    assert standin.last_stream() == cuda_tensors.stream
    assert all(isinstance(array, CudaTensor) for array in found.as_dict().values())
    standin.synchronise(cuda_tensors.stream)
    assert found.q.shape == theta.shape and found.q.dtype == expected.q.dtype
    assert (found.alpha.host() - expected.alpha).abs().max() <= ALPHA
    assert (found.q.host().double() - expected.q.double()).abs().max() <= Q
    assert torch.equal(found.status.host(), expected.status)
    with pytest.raises(ValueError, match="target is on cuda:0|theta is on the host and target on cuda:0"):
        eq.solve(theta, b)


def test_host_cost_of_a_launch(standin: Standin) -> None:
    """The figure is the benchmark's; here the bar alone, on the best of many calls, in rounds until a quiet moment of the machine."""
    sys.path.insert(0, str(ROOT / "bench" / "gpu"))
    try:
        from without_a_device import host_cost
    finally:
        sys.path.pop(0)
    assert any(min(host_cost(standin, 300)) <= 40 for _ in range(8))


def test_bytes_moved(standin: Standin) -> None:
    """Each input twice and q once; the row's state adds next to nothing. What bench/results says is what is counted here."""
    sys.path.insert(0, str(ROOT / "bench" / "gpu"))
    try:
        from without_a_device import RESULTS, bytes_moved
    finally:
        sys.path.pop(0)
    counted = bytes_moved(standin)
    for name, most in (("f32", 20), ("bf16", 10)):
        assert counted[name]["matrices"] <= most and counted[name]["everything"] <= most + 0.1, name
    assert counted == json.loads(RESULTS.read_text(encoding="utf-8"))["bytes_per_element"]
