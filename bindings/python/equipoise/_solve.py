"""``solve``: alpha and q of every row."""

from __future__ import annotations

from ctypes import addressof, byref, c_char, sizeof
from typing import Any, Mapping

from . import _abi
from ._arrays import Kind, same_kind
from ._chunks import groups_of, split
from ._devices import Place, place_of
from ._loader import library
from ._out import check_matrix, check_overlap, check_values, fields_of, label_of
from ._plan import NO_PARAMETERS, Plan, RowOptions, plan_for
from ._rows import F64, I32, ITEM_SIZE, PACKED, RESULT_CODE, Rows, check_shapes
from ._solution import FIELDS, Array, Solution

_matrix = _abi.packer(_abi.Matrix)
_solution = _abi.packer(_abi.Solution)
_SOLUTION_SIZE = sizeof(_abi.Solution)

# Which member of eqp_solution a field is, and its element type; q and log_q are matrices.
_PLACE = {name: place for place, name in enumerate(FIELDS, start=1)}
_MATRICES = ("q", "log_q")
_CODE = {name: I32 if name in ("iterations", "status") else F64 for name in FIELDS if name not in _MATRICES}
_SIZES = [0 if name in _MATRICES else ITEM_SIZE[_CODE[name]] for name in FIELDS]


def solve(
    theta: Array,
    target: Array,
    *,
    scores: str = "logits",
    criterion: str = "kl_symmetry",
    method: str = "newton",
    tolerance: float = 1e-6,
    max_iterations: int = 50,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    outputs: Any = ("alpha", "q"),
    out: Mapping[str, Array] | Solution[Array] | None = None,
    weights: tuple[Any, Any] | None = None,
    budget: Any = None,
    floor: Any = None,
    alpha: Any = None,
    threads: int = 0,
    device: str = "auto",
) -> Solution[Array]:
    """The sampling distribution between a policy and a target, per row.

    For each row of scores, finds alpha in [0, 1] and ``q proportional to pi_theta**alpha * pi_t**(1 - alpha)``. At the default criterion,
    ``KL(q || pi_theta) = KL(q || pi_t)``: the Chernoff point of the two distributions, the q nearest to both
    (Chernoff 1952; Cover and Thomas, *Elements of Information Theory*, section 11.9).

    Parameters
    ----------
    theta, target : arrays [..., vocabulary]
        Scores of the policy and the target: numpy arrays, torch tensors, or any DLPack array, both of one kind, on the host or in the
        memory of a CUDA device; lists are read as float64. float32, float64, float16 or bfloat16 each (``torch.bfloat16``,
        ``ml_dtypes.bfloat16``). Any leading shape, the same for both; [vocabulary] alone gives 0-dimensional results. Read without a
        copy where each row is contiguous and the leading dimensions step evenly or in groups, as in ``logits[:, :-1]``; copied
        otherwise. Gradients are ignored.
    scores : "logits", "log_probs" or "probs"
        What the inputs hold. Logits: any real; -inf masks a token. The other two are renormalised when a row's mass is within 1e-3
        of 1; the row is invalid beyond that.
    criterion : str
        Which point of the path: "kl_symmetry"; "weighted_kl" (``weights=``): w_theta KL(q || pi_theta) = w_target KL(q || pi_t);
        "kl_budget" (``budget=``): KL(q || pi_theta) = budget, the largest move towards the target in a trust region; "ess_balance":
        ESS_theta = ESS_target; "ess_floor" (``floor=``): ESS_theta = floor; "fixed_alpha" (``alpha=``). A budget or floor that the
        whole path meets: alpha 0, status AT_TARGET; one that nothing meets: the nearest end, alpha 1, status AT_THETA.
    weights, budget, floor, alpha : numbers or arrays, optional
        The criterion's parameter, and no other's: weights a pair (w_theta, w_target), each at least 0 and one above; budget in nats, at
        least 0; floor in (0, 1]; alpha in [0, 1]. Arrays have one number per row and spread over the leading shape.
    method : "newton" or "bisection"
        Newton needs two sweeps over a usual row; bisection is the slow reference in float64.
    tolerance : float above 0
        Bounds the error of alpha, and the residual relative to max(1, KL).
    max_iterations : int, at least 1
        Points of the path (newton) or halvings (bisection) at which a row may be measured.
    temperature : number, tuple of two, or array
        Divides the logits; finite and above 0. A tuple is (theta's, target's), each a number or an array; an array has one per row
        and spreads over the leading shape.
    valid_columns : int, optional
        How many leading columns are real. The rest is never read: q is 0 there, log_q -inf. Needed where the widths differ.
    mask : booleans, optional
        True = solve the row; spreads over the leading shape. Skipped rows have status SKIPPED and zeros in every output.
    outputs : names, or "all"
        Which fields to compute: "alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual",
        "iterations". "status" is always there.
    out : dict or Solution, optional
        Arrays to write into, by field; what it holds is computed whatever ``outputs`` says. ``q`` and ``log_q`` may be of any of the
        four types and have strided rows; the others are contiguous float64 (int32 for iterations and status). No array may overlap
        another or an input.
    threads : int
        0 = as many as pay, 1 = the caller's alone, n = at most n.
    device : "auto", "cpu", "cuda", "opencl", "cuda:1", ...
        Where arrays of the host are solved: "auto" is the CPU, data never travels unasked. Arrays in the memory of a CUDA device are
        solved there, in place, whatever else is said (see Notes).

    Returns
    -------
    Solution
        The fields as arrays of the caller's kind. alpha, log Z, KLs (nats) and ESSs are float64; q and log_q have theta's width and
        theta's type, float32 for half-precision inputs.

    Raises
    ------
    ValueError, TypeError
        With the argument's name, and both shapes where two disagree. Nothing has been written then.
    equipoise.Error
        The library cannot serve the request, or failed.

    Notes
    -----
    A row with NaN or +inf in a valid column, or with nothing but masks, has status INVALID and NaN in every output; no other row
    changes by a bit. float64 inputs are computed in float64, all others in float32 with float64 sums. A row's bits do not depend on
    its place, the batch, strides or threads.

    CUDA tensors are solved on torch's current stream and not waited for; other CUDA arrays (DLPack) on the same stream where torch is
    loaded, on the default one otherwise, into arrays of their own library where that has ``from_dlpack``, into ``DeviceArray``
    otherwise. No allocation and no wait after the first call of a size: a call can be captured into a CUDA graph. alpha is within 1e-6
    of the CPU's, q within 2e-6.

    May be called from any number of threads at once, the results being different. Releases the GIL. Ctrl-C is heard between chunks
    of about 0.1 s; what was being written is then incomplete.
    """
    parameters = weights, budget, floor, alpha
    plan = plan_for(
        temperature, parameters, scores, criterion, method, tolerance, max_iterations, valid_columns, outputs, threads, device
    )
    kind = same_kind(theta, "theta", target, "target")
    place = place_of(plan, kind, theta, target) if kind.travels or plan.device != "auto" else None
    if place is not None and place.kind is not None:
        kind = place.kind
    arrays = run(plan, kind, theta, target, mask, temperature, out, parameters=parameters, place=place)
    if kind.wraps:
        arrays = {name: kind.finish(array, theta) for name, array in arrays.items()}
    return Solution(arrays)


def run(
    plan: Plan,
    kind: Kind,
    theta: Any,
    target: Any,
    mask: Any,
    temperature: Any,
    out: Any,
    names: tuple[str, str] = ("theta", "target"),
    parameters: tuple[Any, Any, Any, Any] = NO_PARAMETERS,
    place: Place | None = None,
) -> dict[str, Any]:
    """Solves with a plan, on the CPU or at a place; the arrays by field. ``names`` are what the errors call the inputs."""
    a = kind.rows(theta, names[0])
    b = kind.rows(target, names[1])
    if a.shape != b.shape or a.columns != b.columns or plan.valid_columns > a.columns or not a.columns:
        check_shapes(a, b, plan.valid_columns, names)
    row_options = None
    if mask is not None or type(temperature) not in (float, int) or plan.has_arrays:
        options_of: Any = RowOptions if place is None else place.row_options
        row_options = options_of(plan, mask, temperature, a.shape, parameters if plan.has_arrays else NO_PARAMETERS)
    arrays: dict[str, Any] = {}
    addresses = [0] * len(_PLACE)
    matrices: list[Rows | None] = [None, None]
    if out is not None:
        given = _given(out, kind, a, addresses, matrices, arrays)
        check_overlap(given, [(names[0], a), (names[1], b)] + (row_options.inputs() if row_options else []))
    for name in plan.fields:
        if name not in arrays:
            if name in _MATRICES:
                code = RESULT_CODE[a.code]
                array, address = kind.empty((*a.shape, a.columns), code)
                matrices[name == "log_q"] = Rows(address, code, a.shape, a.columns, PACKED, array)
            else:
                array, addresses[_PLACE[name] - 1] = kind.empty(a.shape, _CODE[name])
            arrays[name] = array
    _solve_rows(plan, row_options, a, b, addresses, matrices, place)
    return arrays


class _Workspace:
    """The structs of one call in one block, so that each is filled by a single pack."""

    __slots__ = ("memory", "theta", "target", "solution", "q_address", "log_q_address")

    THETA, TARGET, Q, LOG_Q, SOLUTION = (place * _matrix.size for place in range(5))

    def __init__(self) -> None:
        self.memory = bytearray(self.SOLUTION + _SOLUTION_SIZE)
        base = addressof(c_char.from_buffer(self.memory))
        self.theta = byref(_abi.Matrix.from_buffer(self.memory, self.THETA))
        self.target = byref(_abi.Matrix.from_buffer(self.memory, self.TARGET))
        self.solution = byref(_abi.Solution.from_buffer(self.memory, self.SOLUTION))
        self.q_address = base + self.Q
        self.log_q_address = base + self.LOG_Q


# Taken and given back by atomic list operations: one per call in flight, whichever thread or signal handler makes it.
_workspaces: list[_Workspace] = []


def _solve_rows(
    plan: Plan,
    row_options: RowOptions | None,
    a: Rows,
    b: Rows,
    addresses: list[int],
    matrices: list[Rows | None],
    place: Place | None,
) -> None:
    """All rows: in one call where that is short or another's affair, in chunks otherwise."""
    submit: Any = library.eqp_solve if place is None else place.submit
    try:
        workspace = _workspaces.pop()
    except IndexError:
        workspace = _Workspace()

    def call(first: int, last: int) -> None:
        memory = workspace.memory
        _matrix.pack_into(memory, workspace.THETA, *a.part(first, last))
        _matrix.pack_into(memory, workspace.TARGET, *b.part(first, last))
        members = [address and address + size * first for address, size in zip(addresses, _SIZES)] if first else addresses[:]
        q, log_q = matrices
        if q is not None:
            _matrix.pack_into(memory, workspace.Q, *q.part(first, last))
            members[1] = workspace.q_address
        if log_q is not None:
            _matrix.pack_into(memory, workspace.LOG_Q, *log_q.part(first, last))
            members[2] = workspace.log_q_address
        _solution.pack_into(memory, workspace.SOLUTION, _SOLUTION_SIZE, *members)
        options = row_options.seek(first) if row_options is not None else plan.pointer
        status = submit(workspace.theta, workspace.target, options, workspace.solution)
        if status:
            library.fail(status)

    if place is not None or a.rows * a.columns <= plan.first_chunk:
        call(0, a.rows)
    else:
        split(a.rows, groups_of(a, b, *matrices), call, plan.first_chunk // a.columns)
    _workspaces.append(workspace)


def _given(
    out: Any, kind: Kind, a: Rows, addresses: list[int], matrices: list[Rows | None], arrays: dict[str, Any]
) -> list[tuple[str, Rows]]:
    """Takes up the arrays of ``out``, checked; their batches by argument name."""
    given = []
    for name, array in fields_of(out, FIELDS, Solution).items():
        label = label_of(name)
        batch = kind.result(array, label)
        if name in _MATRICES:
            check_matrix(label, batch, array, a, "theta")
            matrices[name == "log_q"] = batch
        else:
            check_values(label, batch, array, a.shape, _CODE[name], "the leading shape of theta is")
            addresses[_PLACE[name] - 1] = batch.address
        arrays[name] = array
        given.append((label, batch))
    return given
