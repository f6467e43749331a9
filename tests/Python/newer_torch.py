"""A pytest plug-in: ``torch.library.custom_op`` of torch 2.4 and later, for an older torch, on that one's own dispatcher.

Loaded before ``equipoise.torch``, so that this takes the way of newer versions. Schemas are parsed, arguments with default values dropped
and calls dispatched by torch itself. What a newer torch checks is checked at every call: outputs that share no memory with inputs or one
another, shape functions that agree with the kernels in shape, type and strides, gradients in the right number.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch

OPERATORS: dict[str, Operator] = {}
_libraries: dict[str, Any] = {}


class Operator:
    """CustomOpDef."""

    def __init__(self, name: str, kernel: Any, schema: str) -> None:
        space, _, self.name = name.partition("::")
        self.kernel, self.shapes, self.gradient, self.context, self.batched = kernel, None, None, None, None
        self.generated = 0
        library = _libraries.setdefault(space, None) or torch.library.Library(space, "DEF")
        _libraries[space] = library
        library.define(self.name + schema)
        self.overload = getattr(getattr(torch.ops, space), self.name).default
        self.arguments = self.overload._schema.arguments
        library.impl(self.name, self._checked, "CompositeExplicitAutograd")
        library.impl(self.name, self._autograd, "AutogradCPU")

    def __call__(self, *inputs: Any) -> Any:
        return self.overload(*inputs)

    def register_fake(self, shapes: Any) -> None:
        self.shapes = shapes

    def register_autograd(self, backward: Any, /, *, setup_context: Any = None) -> None:
        self.gradient, self.context = backward, setup_context

    def register_vmap(self, rule: Any) -> None:
        self.batched = rule

    def _checked(self, *inputs: Any) -> Any:
        result = self.kernel(*inputs)
        outputs, likenesses = (found if isinstance(found, tuple) else (found,) for found in (result, self.shapes(*inputs)))
        memory = [tensor.storage().data_ptr() for tensor in (*inputs, *outputs) if isinstance(tensor, torch.Tensor) and tensor.numel()]
        own = memory[len(memory) - sum(output.numel() > 0 for output in outputs) :]
        assert len(own) == len(set(own)) and not set(own) & set(memory[: -len(own) or None]), f"{self.name}: an output shares memory"
        for output, likeness in zip(outputs, likenesses):
            assert not output.requires_grad and output.shape == likeness.shape and output.dtype == likeness.dtype
            assert output.stride() == likeness.stride() and output.device == likeness.device
        return result

    def _autograd(self, *inputs: Any) -> Any:
        if torch.is_grad_enabled() and any(isinstance(value, torch.Tensor) and value.requires_grad for value in inputs):
            self.generated += 1
            return self._function().apply(*inputs)
        below = torch._C._AutoDispatchBelowAutograd()
        result = self.overload(*inputs)
        del below
        return result

    def _function(operator: Operator) -> Any:  # noqa: N805  (self is the function's own)
        class Generated(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *inputs: Any) -> Any:
                below = torch._C._AutoDispatchBelowAutograd()
                output = operator.overload(*inputs)
                del below
                dropped = [argument.default_value for argument in operator.arguments[len(inputs) :]]
                operator.context(ctx=ctx, inputs=(*inputs, *dropped), output=output)
                return output

            @staticmethod
            def backward(ctx: Any, *upstream: Any) -> Any:
                assert operator.gradient is not None, f"{operator.name} has no gradient"
                found = operator.gradient(ctx, *upstream)
                given = len(ctx.needs_input_grad)
                assert len(found) in (given, len(operator.arguments))
                return found[:given]

        return Generated


def custom_op(name: str, kernel: Any, /, *, mutates_args: Any, schema: str) -> Operator:
    """torch.library.custom_op as this package calls it."""
    operator = OPERATORS[name] = Operator(name, kernel, schema)
    parameters = list(inspect.signature(kernel).parameters.values())
    assert mutates_args == () and len(parameters) == len(operator.arguments)
    for parameter, argument in zip(parameters, operator.arguments):
        default = argument.default_value if argument.has_default_value() else parameter.empty
        assert parameter.name == argument.name and parameter.default == default and argument.alias_info is None
    return operator


def with_context(function: Any) -> None:
    """What newer versions make of an autograd.Function with ``setup_context``."""
    parameters = len(inspect.signature(function.forward).parameters)

    def forward(ctx: Any, *inputs: Any) -> Any:
        assert len(inputs) == parameters  # how torch.compile tells that there is no ctx among them
        output = function.forward(*inputs)
        function.setup_context(ctx, inputs, output)
        return output

    members = {"forward": staticmethod(forward), "backward": staticmethod(function.backward)}
    function.apply = type("Whole", (torch.autograd.Function,), members).apply


if not hasattr(torch.library, "custom_op"):
    torch.library.custom_op = custom_op
    import equipoise.torch as et

    with_context(et._EquilibriumLoss)
    with_context(et._Solve)
